package io.fleetstop.cli;

/** The form of what goes to stdout. */
enum OutputFormat {
  /** Lines for people. */
  TEXT,
  /** One JSON object a line. */
  JSONL
}
