package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.cli.select.TargetSettings.Setting;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.error.EcsException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code fleetstop whoami}: shows the identity and the settings that other commands would use. */
@Command(
    name = "whoami",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = WhoamiCommand.DESCRIPTION,
    footer = {
      "",
      "Asks STS (GetCallerIdentity). If STS does not answer or the permission is missing, the "
          + "settings are shown without the identity.",
      "",
      "Exit codes: 0 the identity is shown; 1 STS does not answer; 2 usage; 4 credentials or "
          + "configuration.",
      "",
      "Examples:",
      "  fleetstop whoami",
      "  fleetstop whoami --profile work --output json"
    })
final class WhoamiCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Shows who would stop instances: identity, and the origin of each setting.";

  /** The formats of this command. */
  enum Form {
    TEXT,
    JSON
  }

  /** Reads a format without regard to case. */
  static final class Forms implements ITypeConverter<Form> {

    @Override
    public Form convert(String value) {
      try {
        return Form.valueOf(value.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw CommandFailure.usage("--output must be text or json, was \"" + value + "\"");
      }
    }
  }

  static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Forms.class,
        description =
            "Format of stdout: text (one setting per line) or json (one object). "
                + "Default: text.")
    Form form = Form.TEXT;
  }

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Terminal terminal;

  @ArgGroup(validate = false, order = 1, heading = "%nTarget:%n")
  private WhereArguments where = new WhereArguments();

  @ArgGroup(validate = false, order = 2, heading = "%nOutput:%n")
  private Output output = new Output();

  WhoamiCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    where.rejectConflicts();
    where.requireOne();
    try (ServiceTarget target = ServiceTarget.findWithoutRegion(where, terminal)) {
      CallerIdentity identity = null;
      EcsException failure = null;
      try {
        identity = target.identity().block(TIMEOUT);
      } catch (EcsException e) {
        failure = e;
      }
      terminal
          .out()
          .print(output.form == Form.JSON ? json(target, identity) : text(target, identity));
      if (failure != null) {
        throw CommandFailure.unanswered(
            "the identity is not known", failure, "the settings are shown without it");
      }
      return ExitCode.SUCCESS.number();
    }
  }

  private static String text(ServiceTarget target, @Nullable CallerIdentity identity) {
    StringBuilder text = new StringBuilder();
    line(text, "account", identity == null ? "unknown" : identity.accountId());
    line(text, "identity", identity == null ? "unknown" : name(identity));
    line(text, "credentials", target.credentialsSource());
    line(text, "region", shown(target.settings().region()));
    line(text, "endpoint", shown(target.settings().endpoint()));
    line(text, "proxy", shown(target.settings().proxy()));
    line(text, "clock", identity == null ? "unknown" : clock(identity.clockOffset()));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append(String.format(Locale.ROOT, "%-12s %s%n", name, TerminalText.escape(value)));
  }

  private static String name(CallerIdentity identity) {
    String id = identity.id().isEmpty() ? "" : " (" + identity.id() + ")";
    return (identity.type() + " " + identity.trn()).strip() + id;
  }

  private static String shown(@Nullable Setting setting) {
    return setting == null ? "not set" : setting.value() + " (" + setting.origin() + ")";
  }

  private static String clock(@Nullable Duration offset) {
    if (offset == null) {
      return "unknown";
    }
    long seconds = offset.abs().toSeconds();
    return seconds == 0
        ? "the same as the service's"
        : seconds + " s " + (offset.isNegative() ? "ahead of" : "behind") + " the service";
  }

  private static String json(ServiceTarget target, @Nullable CallerIdentity identity) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("accountId", identity == null ? null : identity.accountId());
    object.put("identityType", identity == null ? null : identity.type());
    object.put("identityId", identity == null ? null : identity.id());
    object.put("trn", identity == null ? null : identity.trn());
    object.put("credentials", target.credentialsSource());
    setting(object, "region", target.settings().region());
    setting(object, "endpoint", target.settings().endpoint());
    setting(object, "proxy", target.settings().proxy());
    Duration offset = identity == null ? null : identity.clockOffset();
    object.put("clockOffsetSeconds", offset == null ? null : offset.toSeconds());
    return TerminalText.line(object) + "\n";
  }

  private static void setting(ObjectNode object, String name, @Nullable Setting setting) {
    if (setting == null) {
      object.putNull(name);
    } else {
      object.putObject(name).put("value", setting.value()).put("origin", setting.origin());
    }
  }
}
