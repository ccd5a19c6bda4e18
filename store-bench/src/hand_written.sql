-- The best SQL that we could write by hand for each answer, on the table itself. How ClickHouse goes
-- about it stands above each; EXPLAIN indexes = 1 shows it. What has
-- expired is not to be seen, so that is part of each.

-- latest: the last granule of the tenant in each part, in reverse order, few columns first
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
ORDER BY timestamp DESC, id DESC LIMIT 51;

-- week_and_action: the primary key finds the week; read in reverse order until 51 are found
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND timestamp >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
AND timestamp < fromUnixTimestamp64Milli({to:Int64}, 'UTC') AND action = 'delete'
ORDER BY timestamp DESC, id DESC LIMIT 51;

-- entity: the bloom filter leaves the granules that have it, and one in a hundred of the others
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND entity_type = {entity_type:String} AND has(splitByChar(',', entity_id), {entity_id:String})
ORDER BY timestamp DESC, id DESC LIMIT 1001;

-- actor: the bloom filter, and read in reverse order until 51 are found
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3) AND caller_user_id = {user_id:String}
ORDER BY timestamp DESC, id DESC LIMIT 51;

-- word: the text index says which rows
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND hasAllTokens(lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\(u00..|.)', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{387}\\x{55A}-\\x{55F}\\x{589}-\\x{58A}\\x{5BE}\\x{5C0}\\x{5C3}\\x{5F3}-\\x{5F4}\\x{60C}-\\x{60D}\\x{61B}-\\x{61F}\\x{66A}-\\x{66D}\\x{6D4}\\x{964}-\\x{965}\\x{E5A}-\\x{E5B}\\x{F0B}-\\x{F12}\\x{F14}\\x{104A}-\\x{104F}\\x{1361}-\\x{1368}\\x{17D4}-\\x{17D6}\\x{17D8}-\\x{17DA}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{2BFF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE00}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}\\x{1F000}-\\x{1FAFF}]', ' ')), {word:String})
ORDER BY timestamp DESC, id DESC LIMIT 51;

-- phrase: the text index says which rows have both words, and their texts are compared
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND hasAllTokens(lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\(u00..|.)', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{387}\\x{55A}-\\x{55F}\\x{589}-\\x{58A}\\x{5BE}\\x{5C0}\\x{5C3}\\x{5F3}-\\x{5F4}\\x{60C}-\\x{60D}\\x{61B}-\\x{61F}\\x{66A}-\\x{66D}\\x{6D4}\\x{964}-\\x{965}\\x{E5A}-\\x{E5B}\\x{F0B}-\\x{F12}\\x{F14}\\x{104A}-\\x{104F}\\x{1361}-\\x{1368}\\x{17D4}-\\x{17D6}\\x{17D8}-\\x{17DA}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{2BFF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE00}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}\\x{1F000}-\\x{1FAFF}]', ' ')), {phrase:String})
AND (positionCaseInsensitiveUTF8(activity, {phrase:String}) > 0
    OR positionCaseInsensitiveUTF8(detail, {phrase:String}) > 0
    OR positionCaseInsensitiveUTF8(entity_name, {phrase:String}) > 0)
ORDER BY timestamp DESC, id DESC LIMIT 51;

-- count: two narrow columns of all of the tenant's granules
SELECT count() FROM events WHERE org_id = {org:String} AND expires_at > now64(3) AND service_name = 'workflow' AND action = 'delete';

-- histogram: two narrow columns of the tenant's granules of these days
SELECT toStartOfDay(timestamp) AS day, outcome, count() FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND timestamp >= fromUnixTimestamp64Milli({histogram_from:Int64}, 'UTC')
GROUP BY day, outcome ORDER BY day, outcome;

-- deep_page: as the latest, from the place where the primary key finds the time
SELECT * FROM events WHERE org_id = {org:String} AND expires_at > now64(3)
AND timestamp <= fromUnixTimestamp64Milli({deep:Int64}, 'UTC')
AND (timestamp, id) < (fromUnixTimestamp64Milli({deep:Int64}, 'UTC'), {deep_id:UUID})
ORDER BY timestamp DESC, id DESC LIMIT 51;
