-- A word is found behind the end of a line, and between the signs of any language.

-- `detail` is JSON text, in which the end of a line is `\n`: to the index of the first migration the word
-- behind it began with an n. So what a backslash stands in front of parts words. And to its tokenizer all
-- beyond ASCII are letters, typographic quotation marks, dashes and no-break spaces among them. The
-- characters are those of condition.rs.
--
-- Replicas hear of it before one of them makes it. Until the index is made for the parts that are there, in the background, they are read instead. Nobody
-- waits for that, nor for the files of the old one to go: it may be behind a merge of hours.
ALTER TABLE events
    ADD INDEX IF NOT EXISTS searched
    lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\(u00..|.)', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{387}\\x{55A}-\\x{55F}\\x{589}-\\x{58A}\\x{5BE}\\x{5C0}\\x{5C3}\\x{5F3}-\\x{5F4}\\x{60C}-\\x{60D}\\x{61B}-\\x{61F}\\x{66A}-\\x{66D}\\x{6D4}\\x{964}-\\x{965}\\x{E5A}-\\x{E5B}\\x{F0B}-\\x{F12}\\x{F14}\\x{104A}-\\x{104F}\\x{1361}-\\x{1368}\\x{17D4}-\\x{17D6}\\x{17D8}-\\x{17DA}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{2BFF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE00}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}\\x{1F000}-\\x{1FAFF}]', ' '))
    TYPE text(tokenizer = 'splitByNonAlpha')
    SETTINGS alter_sync = 2;

ALTER TABLE events
    DROP INDEX IF EXISTS words
    SETTINGS alter_sync = 0, mutations_sync = 0;

ALTER TABLE events
    MATERIALIZE INDEX searched
    SETTINGS mutations_sync = 0;
