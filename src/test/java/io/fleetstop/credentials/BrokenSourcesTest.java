package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.samples.GeneratedBlock;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.test.StepVerifier;

/**
 * Every source with every way in which it can be broken. The machine has a role: a source that is
 * configured and broken must not let the run act as that role.
 */
class BrokenSourcesTest {

  private static final Instant NOW = Instant.parse("2126-11-22T19:00:00Z");
  private static final Instant END = NOW.plus(Duration.ofHours(1));
  private static final String TRN = FakeSts.TRN;

  /** What the chain does with a source. */
  private enum Result {
    USED,
    SKIPPED,
    ENDS
  }

  /** Breaks a source. */
  @FunctionalInterface
  private interface Breakage {
    void apply(BrokenSourcesTest test) throws IOException;
  }

  /**
   * One cell of the table.
   *
   * @param reason a part of the error, if the chain ends
   */
  private record Cell(
      String source, String breakage, Breakage setUp, Result result, String reason) {

    @Override
    public String toString() {
      return source + ": " + breakage;
    }
  }

  /** What a uid without an entry has, if HOME is not set. */
  private static final Path NO_HOME = ConfigFile.home(name -> null, "?");

  private static final List<Cell> CELLS = new ArrayList<>();

  static {
    environment();
    oidc();
    file();
    profiles();
    metadata();
  }

  private final Map<String, String> variables = new HashMap<>();
  private final Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
  private final FakeSts sts = new FakeSts(clock);
  private final FakeMetadata metadata = new FakeMetadata();

  @TempDir private Path home;

  @BeforeEach
  void setEnd() {
    metadata.endsAt(END.toString());
  }

  @AfterEach
  void close() {
    sts.close();
    metadata.close();
  }

  private static void cell(
      String source, String breakage, Result result, String reason, Breakage setUp) {
    CELLS.add(new Cell(source, breakage, setUp, result, reason));
  }

  private static void environment() {
    String s = "environment";
    cell(s, "no variable is set", Result.SKIPPED, "", test -> {});
    cell(s, "all are empty", Result.SKIPPED, "", test -> test.keys("", ""));
    cell(s, "both keys", Result.USED, "", test -> test.keys("AK", "SK"));
    cell(
        s,
        "only the access key",
        Result.ENDS,
        "VOLCENGINE_SECRET_KEY",
        test -> test.keys("AK", ""));
    cell(
        s,
        "only the secret key",
        Result.ENDS,
        "VOLCENGINE_ACCESS_KEY",
        test -> test.keys("", "SK"));
    cell(
        s,
        "only the session token",
        Result.ENDS,
        "VOLCENGINE_SESSION_TOKEN is set",
        test -> test.variables.put("VOLCENGINE_SESSION_TOKEN", "token"));
    cell(s, "both keys, by their older names", Result.USED, "", test -> test.oldKeys("AK", "SK"));
    cell(
        s,
        "only the older name of the access key",
        Result.ENDS,
        "VOLCSTACK_ACCESS_KEY_ID is set, but VOLCSTACK_SECRET_ACCESS_KEY is not",
        test -> test.oldKeys("AK", ""));
    cell(
        s,
        "an access key, and a secret key by its older name",
        Result.ENDS,
        "VOLCENGINE_ACCESS_KEY is set, but VOLCENGINE_SECRET_KEY is not",
        test -> {
          test.keys("AK", "");
          test.oldKeys("", "SK");
        });
    odd(
        "access key",
        "VOLCENGINE_ACCESS_KEY",
        (test, text) -> test.keys(text.formatted("AK"), "SK"));
    odd(
        "secret key",
        "VOLCENGINE_SECRET_KEY",
        (test, text) -> test.keys("AK", text.formatted("SK")));
    odd(
        "session token",
        "VOLCENGINE_SESSION_TOKEN",
        (test, text) -> {
          test.keys("AK", "SK");
          test.variables.put("VOLCENGINE_SESSION_TOKEN", text.formatted("T"));
        });
  }

  /** Sets a variable to a text that contains one odd character. */
  @FunctionalInterface
  private interface Odd {
    void set(BrokenSourcesTest test, String format);
  }

  private static void odd(String what, String variable, Odd odd) {
    String[][] forms = {
      {"ends with a line feed", "%s\n", "last character is a line feed"},
      {"ends with a carriage return", "%s\r", "last character is a carriage return"},
      {"begins with a space", " %s", "first character is a space"},
      {"ends with a no-break space", "%s\u00a0", "last character is a no-break space"},
      {"begins with a byte order mark", "\ufeff%s", "first character is a byte order mark"},
      {"is a space", " ", "first character is a space"}
    };
    for (String[] form : forms) {
      cell(
          "environment",
          what + " " + form[0],
          Result.ENDS,
          variable + " must be printable ASCII without spaces, but its " + form[2],
          test -> odd.set(test, form[1]));
    }
  }

  private static void oidc() {
    String s = "OIDC";
    cell(s, "a role and a token", Result.USED, "", BrokenSourcesTest::oidcRole);
    cell(
        s,
        "only the role",
        Result.ENDS,
        "VOLCENGINE_OIDC_TOKEN_FILE is not",
        test -> test.variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN));
    cell(
        s,
        "only the token file",
        Result.ENDS,
        "VOLCENGINE_OIDC_ROLE_TRN is not",
        test -> test.variables.put("VOLCENGINE_OIDC_TOKEN_FILE", "/token"));
    changed(s, "the token file does not exist", "does not exist", "TOKEN_FILE", "/no/such/file");
    cell(
        s,
        "the token file is empty",
        Result.ENDS,
        "is empty",
        test -> {
          test.oidcRole();
          Files.writeString(test.home.resolve("token"), " \n");
        });
    cell(
        s,
        "the token file is a folder",
        Result.ENDS,
        "cannot be read",
        test -> {
          test.oidcRole();
          test.variables.put("VOLCENGINE_OIDC_TOKEN_FILE", test.home.toString());
        });
    changed(s, "the role is none", "VOLCENGINE_OIDC_ROLE_TRN", "ROLE_TRN", "stopper");
    changed(s, "the session name is invalid", "SESSION_NAME", "ROLE_SESSION_NAME", "a b");
    changed(s, "the STS endpoint is invalid", "STS_ENDPOINT", "STS_ENDPOINT", "a b c");
    rejected(s, "STS rejects the token", 400, BrokenSourcesTest::oidcRole);
    rejected(s, "STS denies the role", 403, BrokenSourcesTest::oidcRole);
    cell(
        s,
        "STS sends no JSON",
        Result.ENDS,
        "AssumeRoleWithOIDC",
        test -> {
          test.oidcRole();
          test.sts.next(200, "<html>");
        });
  }

  private static void changed(String s, String what, String reason, String name, String value) {
    cell(
        s,
        what,
        Result.ENDS,
        reason,
        test -> {
          test.oidcRole();
          test.variables.put("VOLCENGINE_OIDC_" + name, value);
        });
  }

  private static void rejected(String s, String what, int status, Breakage setUp) {
    cell(
        s,
        what,
        Result.ENDS,
        "AssumeRole",
        test -> {
          setUp.apply(test);
          test.sts.next(
              status,
              "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"AccessDenied\","
                  + "\"Message\":\"no\"}}}");
        });
  }

  private static void file() {
    String s = "config.json";
    cell(s, "there is none", Result.SKIPPED, "", test -> {});
    cell(s, "it is empty", Result.SKIPPED, "", test -> test.config(""));
    cell(s, "it has no profile", Result.SKIPPED, "", test -> test.config("{\"profiles\": {}}"));
    cell(s, "a current profile with a key", Result.USED, "", test -> test.profile("ak", KEY));
    cell(
        s,
        "VOLCENGINE_CLI_CONFIG_FILE does not exist",
        Result.ENDS,
        "does not exist",
        test -> test.variables.put("VOLCENGINE_CLI_CONFIG_FILE", "/no/such/file"));
    cell(
        s,
        "VOLCENGINE_PROFILE is misspelled",
        Result.ENDS,
        "there is no such profile, only work",
        test -> {
          test.profile("ak", KEY);
          test.variables.put("VOLCENGINE_PROFILE", "wrok");
        });
    cell(
        s,
        "VOLCENGINE_PROFILE without a file",
        Result.ENDS,
        "does not exist",
        test -> test.variables.put("VOLCENGINE_PROFILE", "work"));
    cell(
        s,
        "the current profile is missing",
        Result.ENDS,
        "there is no such profile",
        test -> test.config("{\"current\": \"gone\", \"profiles\": {}}"));
    cell(
        s,
        "profiles, but none is current",
        Result.ENDS,
        "select one by VOLCENGINE_PROFILE",
        test -> test.config("{\"profiles\": {\"work\": {}}}"));
    for (String[] text :
        new String[][] {
          {"it is cut off", "{\"profiles\": {", "not valid JSON"},
          {"it is no JSON", "access-key = AK", "not valid JSON"},
          {"it is nested deeply", "[".repeat(60_000), "not valid JSON: nested too deep"},
          {"it is a list", "[]", "must be a JSON object"},
          {"its profiles are a list", "{\"profiles\": []}", "must be a JSON object"},
          {
            "a name stands twice",
            "{\"current\": \"a\", \"current\": \"b\", \"profiles\": {}}",
            "not valid JSON"
          }
        }) {
      cell(s, text[0], Result.ENDS, text[2], test -> test.config(text[1]));
    }
    cell(
        s,
        "it is a folder",
        Result.ENDS,
        "cannot be read",
        test -> Files.createDirectories(test.home.resolve(".volcengine/config.json")));
    for (String encoding : List.of("UTF-16", "UTF-16LE", "UTF-8", "UTF-8 with a byte order mark")) {
      String what = "a key, with CRLF, in " + encoding;
      cell(s, what, Result.USED, "", test -> test.encoded(encoding));
    }
    cell(
        s,
        "UTF-16 that is cut off",
        Result.ENDS,
        "not valid JSON",
        test -> test.write("{\"profiles\": ".getBytes(StandardCharsets.UTF_16)));
    cell(s, "the user has no home directory", Result.SKIPPED, "", test -> test.home = NO_HOME);
    cell(
        s,
        "VOLCENGINE_PROFILE, and the user has no home directory",
        Result.ENDS,
        "HOME is not set, and the user has no home directory; set HOME",
        test -> {
          test.home = NO_HOME;
          test.variables.put("VOLCENGINE_PROFILE", "work");
        });
  }

  private static final String KEY = "\"access-key\": \"AK\", \"secret-key\": \"SK\"";

  private static void profiles() {
    String s = "profile";
    for (String[] row :
        new String[][] {
          {"mode ak without a secret key", "ak", "\"access-key\": \"AK\"", "secret-key is missing"},
          {"mode ak without an access key", "ak", "\"secret-key\": \"S\"", "access-key is missing"},
          {"mode ststoken without a token", "ststoken", KEY, "session-token is missing"},
          {
            "a secret key with a line feed",
            "ak",
            "\"access-key\": \"AK\", \"secret-key\": \"SK\\n\"",
            "secret-key must be printable ASCII without spaces, but its last character is a line"
          },
          {
            "an access key with a space",
            "ak",
            "\"access-key\": \" AK\", \"secret-key\": \"SK\"",
            "access-key must be printable ASCII without spaces, but its first character is a space"
          },
          {"mode ramrolearn without a role", "ramrolearn", KEY, "account-id is missing"},
          {
            "mode ramrolearn without a key",
            "ramrolearn",
            "\"account-id\": \"1\", \"role-name\": \"r\"",
            "access-key is missing"
          },
          {
            "mode oidc without a role", "oidc", "\"oidc-token-file\": \"/t\"", "role-trn is missing"
          },
          {
            "mode oidc with a missing file",
            "oidc",
            "\"role-trn\": \"" + TRN + "\", \"oidc-token-file\": \"/no/such/file\"",
            "does not exist"
          },
          {"mode sso without a session", "sso", KEY, "sso-session-name is missing"},
          {
            "mode sso with an unknown session",
            "sso",
            "\"sso-session-name\": \"s\"",
            "the file has no sso-session \"s\" with a start-url"
          },
          {
            "mode console-login without a session", "console-login", KEY, "login-session is missing"
          },
          {
            "mode console-login without a login",
            "console-login",
            "\"login-session\": \"s\"",
            "log in with: ve login"
          },
          {"an unknown mode", "magic", KEY, "mode \"magic\" is not supported"}
        }) {
      cell(s, row[0], Result.ENDS, row[3], test -> test.profile(row[1], row[2]));
    }
    rejected(
        s,
        "mode ramrolearn, STS denies the role",
        403,
        test ->
            test.profile(
                "ramrolearn", KEY + ", \"account-id\": \"2100000001\", \"role-name\": \"r\""));
  }

  private static void metadata() {
    String s = "ECS role";
    cell(
        s,
        "the role's name is invalid",
        Result.ENDS,
        "VOLCENGINE_ECS_METADATA is not the name of a role",
        test -> test.variables.put("VOLCENGINE_ECS_METADATA", "../up"));
    cell(
        s,
        "the service rejects the token request",
        Result.ENDS,
        "the token: HTTP 404",
        test -> test.metadata.next(404, ""));
    cell(
        s,
        "the configured role does not exist",
        Result.ENDS,
        "role other: HTTP 404",
        test -> test.variables.put("VOLCENGINE_ECS_METADATA", "other"));
  }

  private void keys(String accessKey, String secretKey) {
    variables.put("VOLCENGINE_ACCESS_KEY", accessKey);
    variables.put("VOLCENGINE_SECRET_KEY", secretKey);
  }

  private void oldKeys(String accessKey, String secretKey) {
    variables.put("VOLCSTACK_ACCESS_KEY_ID", accessKey);
    variables.put("VOLCSTACK_SECRET_ACCESS_KEY", secretKey);
  }

  private void oidcRole() throws IOException {
    Path token = Files.writeString(home.resolve("token"), FakeSts.OIDC_TOKEN);
    variables.put("VOLCENGINE_OIDC_ROLE_TRN", TRN);
    variables.put("VOLCENGINE_OIDC_TOKEN_FILE", token.toString());
  }

  private void config(String json) throws IOException {
    write(json.getBytes(StandardCharsets.UTF_8));
  }

  private void write(byte[] bytes) throws IOException {
    Files.createDirectories(home.resolve(".volcengine"));
    Files.write(home.resolve(".volcengine/config.json"), bytes);
  }

  private void profile(String mode, String members) throws IOException {
    config(
        "{\"current\": \"work\", \"profiles\": {\"work\": {\"mode\": \"%s\", %s}}}"
            .formatted(mode, members));
  }

  private void encoded(String encoding) throws IOException {
    boolean utf8 = encoding.startsWith("UTF-8");
    String mark = encoding.endsWith("mark") ? "\ufeff" : "";
    String json = "{\"current\": \"work\",\r\n\"profiles\": {\"work\": {%s}}}".formatted(KEY);
    Charset charset = utf8 ? StandardCharsets.UTF_8 : Charset.forName(encoding);
    write((mark + json).getBytes(charset));
  }

  static Stream<Cell> cells() {
    return CELLS.stream();
  }

  @Tag("guarantee:identity")
  @ParameterizedTest
  @MethodSource("cells")
  void source_isUsedSkippedOrEndsTheChain(Cell cell) throws IOException {
    cell.setUp.apply(this);
    CredentialsProvider chain =
        CredentialsChain.official(variables::get, home, Reasons.services(sts, metadata, clock));
    Credentials role = FakeMetadata.credentials("stopper", END);
    switch (cell.result) {
      case SKIPPED -> Reasons.expect(chain, role);
      case USED ->
          StepVerifier.create(chain.resolve())
              .assertNext(used -> assertThat(used).isNotEqualTo(role))
              .expectComplete()
              .verify(Reasons.PATIENCE);
      case ENDS ->
          StepVerifier.create(chain.resolve())
              .expectErrorSatisfies(
                  error -> {
                    EcsException failure = (EcsException) error;
                    assertThat(failure.errorCode()).isEqualTo(ClientErrors.CREDENTIALS_UNAVAILABLE);
                    assertThat(failure.detail()).contains(cell.reason);
                    assertThat(cell.source.equals("ECS role") || metadata.requests().isEmpty())
                        .isTrue();
                  })
              .verify(Reasons.PATIENCE);
    }
  }

  @Test
  void page_holdsEveryCell() throws IOException {
    assertThat(CELLS).hasSizeGreaterThanOrEqualTo(60);
    StringJoiner table = new StringJoiner("\n");
    table.add("| source | what is configured | the chain |").add("|---|---|---|");
    for (Cell cell : CELLS) {
      String result =
          switch (cell.result) {
            case USED -> "uses it";
            case SKIPPED -> "goes to the next source";
            case ENDS -> "ends: …" + cell.reason.replace("|", "\\|") + "…";
          };
      String reason = cell.result == Result.ENDS ? result.replace(TRN, "the role") : result;
      table.add("| %s | %s | %s |".formatted(cell.source, cell.breakage, reason));
    }
    GeneratedBlock.requireUpToDate("credentials.md", "sources", table.toString());
  }
}
