package io.fleetstop.cli.options;

/** Formats of what a command writes to stdout. */
public enum OutputFormat {
  /** Lines for people. */
  TEXT,
  /** One JSON object a line. */
  JSONL,
  /** One id a line; instance lists only. */
  IDS
}
