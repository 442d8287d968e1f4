package io.fleetstop.cli;

import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/** What a shell offers for the value of an option. */
final class Candidates {

  private Candidates() {}

  /** The stopped modes, as the service writes them. */
  static final class Modes implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(StoppedMode.values()).map(StoppedMode::wireName).iterator();
    }
  }

  /** The forms of outcomes and codes. */
  static final class Formats implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("text", "jsonl").iterator();
    }
  }

  /** The forms of a list. */
  static final class ListFormats implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of("text", "jsonl", "ids").iterator();
    }
  }
}
