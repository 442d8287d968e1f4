package io.fleetstop.cli;

import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code fleetstop codes}: the error catalogue. */
final class CodesCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Lists every known error code with its HTTP status, number (CodeN), category,";

  private final Terminal terminal;
  private OutputFormat format = OutputFormat.TEXT;

  private CodesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * Returns the model of a new command, built here as that of {@link RootSpec}: of a command as
   * short as this one, reading annotations would be a fifth of the time.
   */
  static CommandSpec spec(Terminal terminal) {
    CodesCommand command = new CodesCommand(terminal);
    CommandSpec spec =
        RootSpec.wrap(command)
            .name("codes")
            .addOption(
                OptionSpec.builder("--output")
                    .paramLabel("FORM")
                    .type(OutputFormat.class)
                    .converters(new Converters.TextOrJsonl())
                    .completionCandidates(new Candidates.TextAndJsonl())
                    .description(
                        "Format of stdout: text (a table) or jsonl (one JSON object per code)."
                            + " Default: text.")
                    .initialValue(OutputFormat.TEXT)
                    .setter(command.formatSetter())
                    .build());
    spec.usageMessage()
        .description(
            DESCRIPTION,
            "source and meaning. The category decides how the client handles the code.")
        .sortOptions(false);
    return RootSpec.addHelp(spec);
  }

  // Not a lambda: its class would be made at the start.
  private ISetter formatSetter() {
    return new ISetter() {
      @Override
      @SuppressWarnings("unchecked")
      public <T> T set(T value) {
        T before = (T) format;
        format = (OutputFormat) value;
        return before;
      }
    };
  }

  @Override
  public Integer call() {
    List<ErrorCode> codes = ErrorCatalogue.entries();
    PrintStream out = terminal.out();
    if (format == OutputFormat.JSONL) {
      codes.forEach(code -> out.print(TerminalText.line(json(code)) + "\n"));
    } else {
      int width = codes.stream().mapToInt(code -> code.code().length()).max().orElse(0);
      out.print(row(width, "CODE", "HTTP", "CODEN", "CATEGORY", "SCOPE", "MEANING"));
      codes.forEach(code -> out.print(row(width, code)));
    }
    return ExitCode.SUCCESS.number();
  }

  private static String row(int width, ErrorCode code) {
    return row(
        width,
        code.code(),
        orDash(code.httpStatus()),
        orDash(code.codeN()),
        code.category().name(),
        code.scope().name(),
        code.meaning());
  }

  // Without String.format, whose parsing takes longer than the whole table.
  private static String row(
      int width,
      String code,
      String status,
      String codeN,
      String category,
      String scope,
      String meaning) {
    return code
        + pad(width, code)
        + "  "
        + pad(4, status)
        + status
        + "  "
        + pad(6, codeN)
        + codeN
        + "  "
        + category
        + pad(11, category)
        + "  "
        + scope
        + pad(14, scope)
        + "  "
        + meaning
        + "\n";
  }

  private static String pad(int width, String text) {
    return " ".repeat(Math.max(0, width - text.length()));
  }

  private static String orDash(@Nullable Integer number) {
    return number == null ? "-" : number.toString();
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
