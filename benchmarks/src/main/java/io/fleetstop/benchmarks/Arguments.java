package io.fleetstop.benchmarks;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The options of a program: {@code --name value}, each with a default. */
public final class Arguments {

  private final Map<String, String> values;
  private final Set<String> used = new HashSet<>();

  private Arguments(Map<String, String> values) {
    this.values = values;
  }

  /** Parses options; their meaning is up to the caller. */
  public static Arguments parse(String... args) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      if (!args[i].startsWith("--") || i + 1 == args.length) {
        throw new IllegalArgumentException("options are --name value, found " + args[i]);
      }
      values.put(args[i].substring(2), args[i + 1]);
    }
    return new Arguments(values);
  }

  /** An option's value. */
  public String text(String name, String otherwise) {
    used.add(name);
    return values.getOrDefault(name, otherwise);
  }

  /** An option's value as a positive number. */
  public int number(String name, int otherwise) {
    String text = text(name, Integer.toString(otherwise));
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw new IllegalArgumentException("--" + name + " must be a positive number, was " + text);
    }
    return Integer.parseInt(text);
  }

  /** An option's value as words between commas. */
  public List<String> list(String name, String otherwise) {
    return List.of(text(name, otherwise).split(","));
  }

  /** Throws if an option was given that no benchmark reads. */
  public void requireAllUsed() {
    for (String name : values.keySet()) {
      if (!used.contains(name)) {
        throw new IllegalArgumentException("there is no option --" + name);
      }
    }
  }
}
