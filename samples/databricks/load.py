"""Databricks: one published run of rollcall into a Delta table."""
import json
import sys

DATASET = "inactive_users"


def done_file(names, dataset):
    """The newest done file: names end in the run id, which ascends by time."""
    own = [name for name in names
           if name.startswith(f"{dataset}_") and name.endswith(".done")]
    if not own:
        raise SystemExit(f"no run of {dataset} is published")
    return max(own)


def load(spark, folder, table, dataset=DATASET):
    """FOLDER: what rollcall's output directory was copied to, as a path that
    both Python and Spark see, such as /Volumes/main/landing/rollcall."""
    import os

    from pyspark.sql.types import StructType

    with open(os.path.join(folder, done_file(os.listdir(folder),
                                             dataset))) as file:
        done = json.load(file)
    with open(os.path.join(folder, f"{dataset}.spark.json")) as file:
        schema = StructType.fromJson(json.load(file))
    rows = (spark.read.schema(schema)
            .option("mode", "FAILFAST")
            .option("timeZone", "UTC")
            .json(f"{folder}/{done['runId']}/{dataset}-*.jsonl.gz"))
    count = rows.count()
    if count != done["rows"]:
        raise SystemExit(f"run {done['runId']} has {done['rows']} rows, "
                         f"{count} were read")
    (rows.write.format("delta").mode("overwrite")
     .option("overwriteSchema", "true").saveAsTable(table))
    return count


if __name__ == "__main__":
    from pyspark.sql import SparkSession

    load(SparkSession.builder.getOrCreate(), sys.argv[1], sys.argv[2])
