"""Writes a Parquet file as two Arrow files, with plain texts and with dictionaries: `arrow_files.py PARQUET FOLDER`. Prints of each
its path and where the buffers of four columns lie: `[{"path", "buffers": [[offset, length]]}]`."""

import json
import os
import sys

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

NEEDED = {"delay", "distance", "origin", "destination"}


def write(table, path):
    with ipc.new_file(path, table.schema) as file:
        file.write_table(table, max_chunksize=65536)
    whole = pa.memory_map(path).read_buffer()
    reader = ipc.open_file(pa.BufferReader(whole))
    buffers = []
    for i in range(reader.num_record_batches):
        batch = reader.get_batch(i)
        for name, column in zip(batch.schema.names, batch.columns):
            array = column.indices if isinstance(column, pa.DictionaryArray) else column
            if name in NEEDED:
                buffers += [[one.address - whole.address, one.size] for one in array.buffers() if one is not None]
    return {"path": path, "buffers": buffers}


def main(parquet, folder):
    plain = pq.read_table(parquet)
    coded = plain
    for name in ("origin", "destination"):
        at = coded.schema.get_field_index(name)
        coded = coded.set_column(at, name, coded[name].dictionary_encode())
    files = {"plain.arrow": plain, "dictionaries.arrow": coded.unify_dictionaries()}
    print(json.dumps([write(table, os.path.join(folder, name)) for name, table in files.items()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
