package io.fleetstop.cli.options;

/** Formats of what a command writes to stdout. */
public enum OutputFormat {
  /** Lines for people. */
  TEXT,
  /** Aligned columns with a header. */
  TABLE,
  /** One JSON object a line. */
  JSONL,
  /** Comma-separated values with a header. */
  CSV,
  /** One id a line. */
  IDS
}
