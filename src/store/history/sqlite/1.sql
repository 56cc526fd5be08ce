-- Times are milliseconds since 1970, UTC. Values are in base units: s, B, 1, 1/s.
CREATE TABLE suite (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Where runs took place; runs of different classes are never compared.
CREATE TABLE environment (
    id     INTEGER PRIMARY KEY,
    class  TEXT NOT NULL,
    detail TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    checksum    TEXT NOT NULL UNIQUE,
    suite       INTEGER NOT NULL REFERENCES suite,
    environment INTEGER NOT NULL REFERENCES environment,
    revision    TEXT NOT NULL,
    committed   INTEGER,
    recorded    INTEGER NOT NULL,
    launches    INTEGER NOT NULL,
    accepted    TEXT
) STRICT;
CREATE INDEX run_suite ON run (suite);

CREATE TABLE series (
    id           INTEGER PRIMARY KEY,
    suite        INTEGER NOT NULL REFERENCES suite,
    benchmark    TEXT NOT NULL,
    metric       TEXT NOT NULL,
    unit         TEXT NOT NULL,
    better       TEXT NOT NULL,
    distribution TEXT NOT NULL,
    UNIQUE (suite, benchmark, metric, unit, better, distribution)
) STRICT;

-- The values of one series lie side by side. No foreign keys: with them, every run that is dropped would be looked for in all values.
CREATE TABLE value (
    series INTEGER NOT NULL,
    run    INTEGER NOT NULL,
    value  REAL NOT NULL,
    spread REAL,
    PRIMARY KEY (series, run)
) STRICT, WITHOUT ROWID;

-- What people and their tools ask: one row per value; `time` is in seconds since 1970.
CREATE VIEW point AS
SELECT coalesce(run.committed, run.recorded) / 1000.0 AS time,
       suite.name AS suite, series.benchmark, series.metric, series.unit, series.better,
       environment.class AS environment, run.revision, run.recorded / 1000.0 AS recorded, run.launches,
       value.value, value.spread
FROM value
JOIN series ON series.id = value.series
JOIN run ON run.id = value.run
JOIN suite ON suite.id = run.suite
JOIN environment ON environment.id = run.environment;
