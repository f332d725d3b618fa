-- The number that a code stands for takes the column's place.
ALTER TABLE points
    DROP COLUMN IF EXISTS value,
    ADD COLUMN value Float64 ALIAS if(bitXor(code, 18443366373989023744) < 492581209243648, (toInt64(bitAnd(code, 70368744177663)) - 35184372088832) / intExp10(bitAnd(bitShiftRight(code, 46), 15)), reinterpretAsFloat64(code))
