-- A page of instances needs room for the next version of one row, not of three: the others are cleaned up as soon as the next
-- one is written. And from here on the effects of an entry of the journal leave out what the entry says itself (see the
-- engine's texts), which programs of before would not understand.
ALTER TABLE instance SET (fillfactor = 85);
