import { shapes } from './metrics.ts'

export const help = `Usage: npm run bench -- ingest [options]
       npm run bench -- query [options]
       npm run bench -- compare OLD.json NEW.json [--tolerance PART]
       npm run bench -- report RESULT.json FILE.html

ingest starts the system, drives it over WebSocket from other processes, waits until every point is queryable, verifies
every stored point, compares with raw inserts of the same data into the same table, and writes the results. compare and
report take what --json wrote.

query builds data, starts the system on it, holds every answer against brute force, and times questions over HTTP; its options are at the end.

The load
  --shape dense|sparse   10 series x 100 steps a frame, or 100 series x 1 step (default dense)
  --points N             points of the full phase (default 10000000)
  --runs N               jobs side by side (default ${shapes.dense.runs} dense, ${shapes.sparse.runs} sparse)
  --seed N               every value follows from it (default 1)
  --connections N        WebSocket connections that share the runs (default 8)
  --generators N         processes that make the load and share the connections (default 1)
  --phases LIST          of ramp, full, steady, burst, curves (default all); full alone is quick
  --rate N               points/s of ramp, steady and burst (default half of what the full phase reached)
  --half-seconds N       length of steady and of burst; ramp has a third (default 15)

The system
  --log embedded|kafka   the all-in-one server, or Kafka, store, gateway, sink and query server (default embedded)
  --partitions N         of the log in Kafka (default 4)
  --data-dir DIR         where the system keeps its data (default a temporary directory, removed at the end)
  --keep                 do not remove the temporary directory
  --url URL              use a Stepstream that runs already; what needs its disk is left out
  --frames-url URL       where its gateways are, if not there
  --api-key KEY          sent as Authorization: Bearer

The results
  --json FILE            write them there
  --html FILE            write a report there, a page that needs nothing else
  --compare OLD.json     print old, new and ratio of each figure
  --tolerance PART       by which a figure may be worse (default 0.1)
  --peers LIST           victoriametrics, questdb, mlflow: the same points into them afterwards
  --raw-blocks N         of 1 M rows, inserted in each of two orders to compare with (default 20)
  --cpu-prof ROLES       CPU profiles of load, server, gateway, sink, query, store
  --cpu-prof-dir DIR     where they go, in a folder of each role (default ./profiles)
  --help                 this text

query
  --points N             of the longest series (default 1000000)
  --runs N               of the largest project, 30 params and 50 metrics each (default 10000)
  --seed N               every value follows from it (default 1)
  --questions LIST       of curves, chart, runs, bands, export (default all)
  --seconds N            length of each line, 0.1 to 3600 (default 3)
  --clients N            of the lines with several (default 4)
  --no-load              leave out the lines with ingest beside them
  --rate N               points/s of that (default a quarter of what the same server took just before)
  --data DIR             build the data there, or use what an earlier run built (default a temporary directory)
  --url URL              ask a Stepstream that holds the data already; --frames-url and --api-key as above
  --peers LIST           mlflow, victoriametrics: asked the same afterwards
  --json, --html, --compare, --tolerance, --cpu-prof server, --cpu-prof-dir: as above

Exit codes: 0 all points stored exactly or all answers right, 1 not so or the run failed, 2 wrong usage, 3 a figure is worse than before.
`
