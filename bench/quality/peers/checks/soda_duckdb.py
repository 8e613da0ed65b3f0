"""Soda on DuckDB, which reads the file where it is."""

import logging

import duckdb
from soda.scan import Scan

PACKAGE = "soda-core-duckdb"
logging.getLogger("soda").setLevel(logging.ERROR)

CHECKS = """
checks for flights:
  - row_count = {rows}:
      name: "0"
  - missing_count(date) = 0:
      name: "1"
  - missing_count(delay) = 0:
      name: "2"
  - missing_count(distance) = 0:
      name: "3"
  - missing_count(origin) = 0:
      name: "4"
  - missing_count(destination) = 0:
      name: "5"
  - invalid_count(delay) = 0:
      name: "6"
      valid min: -1500
      valid max: 2000
  - invalid_count(distance) = 0:
      name: "7"
      valid min: 1
      valid max: 5000
  - invalid_count(origin) = 0:
      name: "8"
      valid regex: "^[A-Z]{{3}}$"
  - invalid_count(destination) = 0:
      name: "9"
      valid regex: "^[A-Z]{{3}}$"
  - avg(delay) between 0 and 20:
      name: "10"
  - invalid_count(origin) = 0:
      name: "11"
      valid values: [{members}]
"""


def check(path, rows, origins):
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW flights AS SELECT * FROM read_parquet('{path}')")
    scan = Scan()
    scan.disable_telemetry()
    scan.set_data_source_name("duckdb")
    scan.add_duckdb_connection(connection)
    members = ", ".join(f'"{origin}"' for origin in origins)
    scan.add_sodacl_yaml_str(CHECKS.format(rows=rows, members=members))
    scan.execute()
    outcomes = {each["name"]: each["outcome"] for each in scan.get_scan_results()["checks"]}
    connection.close()
    if len(outcomes) != 12 or None in outcomes.values():
        raise RuntimeError(f"not all checks ran: {outcomes}")
    return [outcomes[str(number)] == "pass" for number in range(12)]
