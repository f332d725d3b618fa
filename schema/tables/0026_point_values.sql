-- The table as people read it, and tests: with numbers instead of codes.
CREATE VIEW IF NOT EXISTS point_values
AS SELECT run, metric, step, time, if(bitXor(code, 18443366373989023744) < 492581209243648, (toInt64(bitAnd(code, 70368744177663)) - 35184372088832) / intExp10(bitAnd(bitShiftRight(code, 46), 15)), reinterpretAsFloat64(code)) AS value, ord
FROM points
