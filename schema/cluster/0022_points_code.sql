-- Made from schema/tables/0022_points_code.sql by schema/cluster/generate.ts.
-- Values as codes (`schema/value-codes.ts`): decimals of few digits as integers, everything else as its bits. Sinks
-- of an older version must have stopped: what one of them stores until the next statements are done may be lost.
ALTER TABLE points_local ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS code UInt64 DEFAULT if(bitXor(reinterpretAsUInt64(value), 18443366373989023744) < 492581209243648, bitOr(reinterpretAsUInt64(value), 2251799813685248), reinterpretAsUInt64(value)) CODEC(T64('bit'), ZSTD(1)) AFTER time;

CREATE OR REPLACE TABLE points ON CLUSTER '{cluster}' AS points_local
ENGINE = Distributed('{cluster}', currentDatabase(), points_local, run);
