-- Made from schema/tables by schema/cluster/generate.ts.
-- Which of the tables there are, as every process of ours checks it at its start.
CREATE TABLE IF NOT EXISTS migrations_local ON CLUSTER '{cluster}'
(
    name String,
    checksum String,
    applied DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/migrations', '{replica}')
ORDER BY name
SETTINGS replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS migrations ON CLUSTER '{cluster}' AS migrations_local
ENGINE = Distributed('{cluster}', currentDatabase(), migrations_local, cityHash64(name));

INSERT INTO migrations (name, checksum) SETTINGS distributed_foreground_insert = 1 VALUES
    ('0001_points.sql', '0e51f4fe140752b93dec2896e88c4ea2d4c035b9fdef88f21692cc902fd90c4c'),
    ('0002_runs.sql', '14b2af34c7aec8d04176a2deefd3e4ae89fdcbb29654690d4c34dff5c212fb6b'),
    ('0003_series.sql', '6d640c4640641b019118bda6fb6c6f14a609fdd17541ebf2b54318417d4c2f0e'),
    ('0004_run_state.sql', '9cf03f20af304e50ac23daf618887ef665ff9a5ae412e85d693234783cffef36'),
    ('0005_dead_letters.sql', '72c67df8ce8510a3e43242980200c08cfaa01b9c3dcd465900e21da44eec75b1'),
    ('0006_sources.sql', 'cc672494951e0c08780acbf0d8a98e9ca3e5bb9b45dd83d113b201fb2f7306a7'),
    ('0007_source_partitions.sql', 'e9fbe0f8d2a8f61758be8df772118ad8d5fd6e85269c305c42a8535e359f28c3'),
    ('0008_points_tokens.sql', '1934851fa532cf0207c9bf1f462e157300e4406e9a2eb3d8d026cfca5fdf2d52'),
    ('0009_points_codecs.sql', '4caab514f750a66b5a30dc4a368af815a8236c9e1e6d1eb3211d5e240f87222d'),
    ('0010_points_merges.sql', '9740956e40e0ffec7ad6afbb431b1c594b432ee5de6c3274aaaeb26805021535'),
    ('0011_tiles.sql', '154c0d4489cf610cf46acc2604fbbf21fc74a49da1e0fce5c062ff73d2c03208'),
    ('0012_tile_seals.sql', 'c0fb160c27e4fc3b051eb0bec8eafe81c48cb8b7667c4f5d877bf109c3584f80'),
    ('0013_late_points.sql', 'd4265695c506eb2e497f7a5a9bc7486159ccb4f4f38a6ab55925d384c58803ac'),
    ('0014_metric_figures.sql', '2d17c3232aa066a3f255a53f776e9566ac9404b2bad9e5a873667c4608949a2a'),
    ('0015_metric_figures_rows.sql', '4a9f22f0f83eb83e5576cee38e5a00be39cc47b7e07776f20ab47f46a8374b2c'),
    ('0016_run_records.sql', 'ec87e1f041081730b77ad60661a90ea3a45db18cb5e68f12e30d53e9ca7ffddc'),
    ('0017_run_records_view.sql', '7a2fa76522b43e258ca4741e0fd51968515e885ef8580b523bd5e7dcf2fcfa5e'),
    ('0018_run_records_rows.sql', 'a4b2313f0b9deadd685a11ee27668e44bb4cf5fb904c2b9a875447643580087d'),
    ('0019_runs_blocks.sql', 'db1fcd071b0ab5f0547a95ed8931b406046348bfd4ecf3252cc6857d0979c7c6'),
    ('0020_points_merge_base.sql', '870b8c52d95066f788eb899cf6d74c7e09e29cb7a35dd29a992bfdaa0c1f43ab'),
    ('0021_points_clocks.sql', 'ec951c92fda4df39d36599bba9c9d73e18afc2fd3134f1b5f5a17871e3e019d0'),
    ('0022_points_code.sql', '3101f847bc7ed2d7f8ecffb0cd283d96fd567ea904613ba8032012cdabe8e970'),
    ('0023_points_codes.sql', 'b7261094e0d50bca33c788e089f98ec92d35609ff56b997ac268851b585769e0'),
    ('0024_points_code_alone.sql', '8afe0db8371b8d96710d04db3d37151bbb8ad17941f2e7c2b715250cc794d30c'),
    ('0025_points_value.sql', '38519eaae9b3c9bebe1e5b2b6318bfb41fcf3a035b57fbdc4354498153faf49d'),
    ('0026_point_values.sql', '20cb0a2b90b2b0ec5391ff440be1921478b943fe74e89b00f217f8c7186d3974'),
    ('0027_runs_merges.sql', '9f860224bf3b3a7fbf56ab2265f9f74403f91dd4154213ce85cdae63cc260716'),
    ('0028_run_records_merges.sql', 'e25cd98f8d782572b20b504af345a3b00f00e38c6a002bf82cd56f343bcbddca'),
    ('0029_points_statistics.sql', 'b32c92aa5aa21437a7af9ee2afa0b6bc9e5775c7ccc4bc61e103f46b109e84ce'),
    ('0030_points_parts.sql', 'dfd8aae13b5a8ac1b103377bb382f8f7958e9379fffef88b6d132dc71ff6db70'),
    ('0031_series_codec.sql', 'c559e1bb3ff1870e90542afc0fc35acc56489ef889a43bd5626daa4401a110ee'),
    ('0032_metric_figures_codec.sql', 'b6c32eda8a45dc4ea3517c1df60a76fdb6f188ffefd757f3d27b5f37c5e5af3a'),
    ('0033_run_state_codec.sql', 'd02e120cabd1a77dd1b06b65ca132a6836c527b20110a6056d2cb2c9b10460db'),
    ('0034_runs_codec.sql', '518e7af611232bf2858418d3976aa347b6dbd6c930551d2c1526a02cafd9b71f'),
    ('0035_run_records_codec.sql', '13a9d5af933e02bb99791b94566c5646a0165a8dad8b30c7984ffd41ad1dde04'),
    ('0036_points_ord_range.sql', '1ba547bb2c63cc02bbb04a4c7abe12a718dbeb7f3ce3244b40d833e917ea2310'),
    ('0037_points_place.sql', 'c75cf5414ec7b2f9ce9c90116046bec9edc5904641db9c39e5dfaf0e7f155984'),
    ('0038_points_place_offsets.sql', '5acd3de62df804d2ac573c1af1791234f15c949783168cf8d6a5e3014307428b'),
    ('0039_points_dense.sql', '8e97aeff66ab686284ca5698ef08b64946b95e1452a7133e551395a405e6b6a0');
