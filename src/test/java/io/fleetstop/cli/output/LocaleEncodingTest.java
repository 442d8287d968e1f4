package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocaleEncodingTest {

  private static final Charset UTF_8 = StandardCharsets.UTF_8;
  private static final Charset GBK = Charset.forName("GBK");

  private static byte[] commandLine(Charset charset, String... words) {
    return (String.join("\0", words) + "\0").getBytes(charset);
  }

  @ParameterizedTest
  @CsvSource({
    "C, UTF-8",
    "POSIX, UTF-8",
    "'', UTF-8",
    "C.UTF-8, UTF-8",
    "en_US.utf8, UTF-8",
    "zh_CN.GBK, GBK",
    "zh_CN.gb18030, GB18030",
    "de_DE.ISO-8859-15@euro, ISO-8859-15",
    "en_US.US-ASCII, UTF-8",
    "xx.no such, UTF-8"
  })
  void localeNamesTheEncoding(String locale, String charset) {
    assertThat(LocaleEncoding.ofLocale(Map.of("LC_ALL", locale, "LANG", locale)::get).name())
        .isEqualTo(charset);
  }

  @Test
  void firstVariableThatIsSetCounts() {
    assertThat(LocaleEncoding.ofLocale(Map.of("LC_ALL", "", "LC_CTYPE", "zh_CN.GBK")::get))
        .isEqualTo(GBK);
    assertThat(LocaleEncoding.ofLocale(Map.of("LC_ALL", "C", "LANG", "zh_CN.GBK")::get))
        .isEqualTo(UTF_8);
  }

  @Test
  void damagedArguments_areReadFromTheCommandLine() {
    byte[] typed = commandLine(UTF_8, "java", "-jar", "x.jar", "stop", "--tag=守护=是", "", "i-1");

    assertThat(
            LocaleEncoding.arguments(
                List.of("stop", "--tag=\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD=\uFFFD", "", "i-1"),
                typed,
                UTF_8))
        .containsExactly("stop", "--tag=守护=是", "", "i-1");
  }

  @Test
  void damagedArguments_areReadInTheEncodingOfTheLocale() {
    assertThat(
            LocaleEncoding.arguments(
                List.of("--project=\uFFFD\uFFFD"), commandLine(GBK, "java", "--project=联通"), GBK))
        .containsExactly("--project=联通");
  }

  @Test
  void replacementCharacterThatWasTyped_isKept() {
    assertThat(
            LocaleEncoding.arguments(List.of("\uFFFD"), commandLine(UTF_8, "java", "\uFFFD"), GBK))
        .containsExactly("\uFFFD");
  }

  @Test
  void bytesThatAreNoText_areRefused() {
    assertThatThrownBy(
            () ->
                LocaleEncoding.arguments(
                    List.of("stop", "--tag=\uFFFD\uFFFD"),
                    commandLine(GBK, "stop", "--tag=守"),
                    UTF_8))
        .isInstanceOfSatisfying(
            CommandFailure.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessageContaining("argument 2 cannot be read as UTF-8: \"--tag=??\"")
        .hasMessageContaining("LC_ALL=C.UTF-8");
  }

  @Test
  void damagedArgumentsWithoutACommandLine_areRefused() {
    assertThatThrownBy(() -> LocaleEncoding.arguments(List.of("\uFFFD"), new byte[0], UTF_8))
        .hasMessageContaining("argument 1 cannot be read");
    // A process that runs in another one's virtual machine.
    assertThatThrownBy(
            () ->
                LocaleEncoding.arguments(
                    List.of("--tag=\uFFFD"), commandLine(UTF_8, "mvn", "exec:java"), UTF_8))
        .hasMessageContaining("argument 1 cannot be read");
  }

  @Test
  void output_isInTheEncodingOfTheTerminalAndEscapesTheRest() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = LocaleEncoding.from(bytes, GBK)) {
      for (byte b : "守护 é 😀\n".getBytes(UTF_8)) {
        out.write(b);
      }
    }
    assertThat(bytes.toString(GBK)).isEqualTo("守护 é \\u{1f600}\n");
  }
}
