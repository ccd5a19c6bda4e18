-- A word is found behind the end of a line, and between the signs of any language.

-- `detail` is JSON text, in which the end of a line is `\n`: to the index of the first migration the word
-- behind it began with an n. So what a backslash stands in front of parts words. And to its tokenizer all
-- beyond ASCII are letters, typographic quotation marks, dashes and no-break spaces among them. The
-- characters are those of condition.rs.
--
-- Until the index is made for the parts that are there, in the background, they are read instead. Nobody
-- waits for that, nor for the files of the old one to go: it may be behind a merge of hours.
ALTER TABLE events
    ADD INDEX IF NOT EXISTS searched
    lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\.', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{21FF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE10}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}]', ' '))
    TYPE text(tokenizer = 'splitByNonAlpha');

ALTER TABLE events
    DROP INDEX IF EXISTS words
    SETTINGS alter_sync = 0, mutations_sync = 0;

ALTER TABLE events
    MATERIALIZE INDEX searched;
