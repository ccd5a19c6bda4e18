# The sentences that Daybook makes by itself, in English: as they are stored.
#
# $actor: who. $thing: the noun and the name or id of what was acted upon. $parent: the same of what that is part
# of, or "none". A verb has its base and its past form; an event of another verb keeps its stored sentence.

success = { $actor } { $past } { $thing }{ $parent ->
    [none] {""}
   *[other] {" of "}{ $parent }
}
denied = { $actor } tried to { $base } { $thing } but was not allowed to
failure = { $actor } tried to { $base } { $thing } but it failed
unknown = { $actor } asked to { $base } { $thing }

create = create
    .past = created
update = update
    .past = updated
delete = delete
    .past = deleted
read = read
    .past = read
