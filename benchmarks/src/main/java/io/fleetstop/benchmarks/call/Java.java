package io.fleetstop.benchmarks.call;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** How a process of this program's own starts: the same JVM, the same class path. */
final class Java {

  private Java() {}

  static List<String> command(List<String> options, Class<?> program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(program.getName());
    command.addAll(List.of(arguments));
    return command;
  }
}
