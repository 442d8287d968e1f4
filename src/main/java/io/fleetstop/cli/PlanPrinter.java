package io.fleetstop.cli;

import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.WaveControl;
import io.fleetstop.cli.select.RunPlan;
import java.util.ArrayList;
import java.util.List;

/** Prints what {@code --plan} shows. */
final class PlanPrinter {

  private PlanPrinter() {}

  /** Prints the plan and its waves to stdout, with {@code jsonl} as one object. */
  static void print(Terminal terminal, OutputFormat format, RunPlan plan, WaveControl waves) {
    List<String> lines = new ArrayList<>();
    if (format == OutputFormat.JSONL) {
      lines.add(TerminalText.line(plan.toJson(waves.waves().ends())));
    } else {
      lines.addAll(plan.lines());
      lines.addAll(waves.list());
    }
    lines.forEach(line -> Progress.NONE.print(terminal.out(), line));
  }
}
