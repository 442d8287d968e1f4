package io.fleetstop.cli;

import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code fleetstop codes}: the error catalogue. */
@Command(
    name = "codes",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    description = {
      "Lists every known error code with its HTTP status, number (CodeN), category,",
      "source and meaning. The category decides how the client handles the code."
    })
final class CodesCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      converter = Converters.TextOrJsonl.class,
      completionCandidates = Candidates.TextAndJsonl.class,
      description =
          "Format of stdout: text (a table) or jsonl (one JSON object per code). Default: "
              + "text.")
  private OutputFormat format = OutputFormat.TEXT;

  CodesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<ErrorCode> codes = ErrorCatalogue.entries();
    PrintStream out = terminal.out();
    if (format == OutputFormat.JSONL) {
      codes.forEach(code -> out.print(TerminalText.line(json(code)) + "\n"));
    } else {
      int width = codes.stream().mapToInt(code -> code.code().length()).max().orElse(0);
      String row = "%-" + width + "s  %4s  %6s  %-11s  %-14s  %s\n";
      out.print(String.format(row, "CODE", "HTTP", "CODEN", "CATEGORY", "SCOPE", "MEANING"));
      codes.forEach(code -> out.print(text(row, code)));
    }
    return ExitCode.SUCCESS.number();
  }

  private static String text(String row, ErrorCode code) {
    return String.format(
        row,
        code.code(),
        orDash(code.httpStatus()),
        orDash(code.codeN()),
        code.category(),
        code.scope(),
        code.meaning());
  }

  private static Object orDash(@Nullable Integer number) {
    return number == null ? "-" : number;
  }

  private static ObjectNode json(ErrorCode code) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("code", code.code())
        .put("httpStatus", code.httpStatus())
        .put("codeN", code.codeN())
        .put("category", code.category().name())
        .put("scope", code.scope().name())
        .put("meaning", code.meaning());
  }
}
