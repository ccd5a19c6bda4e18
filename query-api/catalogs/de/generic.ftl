# Die Sätze, die Daybook selbst bildet, auf Deutsch.
#
# $actor: wer. $thing: Hauptwort und Name oder Id der Sache. $parent: dasselbe von dem, wozu sie gehört, oder
# "none". Ein Verb hat seine Grundform und sein Partizip; ein Ereignis mit einem anderen Verb behält seinen Satz.

success = { $actor } hat { $thing }{ $parent ->
    [none] {""}
   *[other] {" "}({ $parent })
} { $past }
denied = { $actor } wollte { $thing } { $base }, durfte aber nicht
failure = { $actor } wollte { $thing } { $base }, es gelang aber nicht
unknown = { $actor } wollte { $thing } { $base }; wie es ausging, ist nicht bekannt

accept = annehmen
    .past = angenommen
activate = aktivieren
    .past = aktiviert
add = hinzufügen
    .past = hinzugefügt
approve = genehmigen
    .past = genehmigt
archive = archivieren
    .past = archiviert
assign = zuweisen
    .past = zugewiesen
cancel = abbrechen
    .past = abgebrochen
clone = kopieren
    .past = kopiert
close = schließen
    .past = geschlossen
copy = kopieren
    .past = kopiert
create = anlegen
    .past = angelegt
deactivate = deaktivieren
    .past = deaktiviert
delete = löschen
    .past = gelöscht
disable = abschalten
    .past = abgeschaltet
download = herunterladen
    .past = heruntergeladen
enable = einschalten
    .past = eingeschaltet
execute = ausführen
    .past = ausgeführt
export = exportieren
    .past = exportiert
import = importieren
    .past = importiert
invite = einladen
    .past = eingeladen
move = verschieben
    .past = verschoben
patch = ändern
    .past = geändert
publish = veröffentlichen
    .past = veröffentlicht
read = lesen
    .past = gelesen
reject = ablehnen
    .past = abgelehnt
remove = entfernen
    .past = entfernt
rename = umbenennen
    .past = umbenannt
replace = ersetzen
    .past = ersetzt
reset = zurücksetzen
    .past = zurückgesetzt
restore = wiederherstellen
    .past = wiederhergestellt
revoke = widerrufen
    .past = widerrufen
run = ausführen
    .past = ausgeführt
search = durchsuchen
    .past = durchsucht
send = senden
    .past = gesendet
set = setzen
    .past = gesetzt
start = starten
    .past = gestartet
stop = anhalten
    .past = angehalten
trigger = auslösen
    .past = ausgelöst
unpublish = zurückziehen
    .past = zurückgezogen
update = ändern
    .past = geändert
upload = hochladen
    .past = hochgeladen
