-- Tokens of more blocks are remembered: with many sinks a thousand are those of a minute.
ALTER TABLE points MODIFY SETTING non_replicated_deduplication_window = 20000
