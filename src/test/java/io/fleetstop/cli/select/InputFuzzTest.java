package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.model.InstanceId;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Any text in a file of ids or an option is parsed or rejected. */
class InputFuzzTest {

  private static final List<ITypeConverter<?>> CONVERTERS =
      List.of(
          new Converters.Count(),
          new Converters.Port(),
          new Converters.Rate(),
          new Converters.Failures(),
          new Converters.WaveSizes(),
          new Converters.Mode(),
          new Converters.Tag(),
          new Converters.TextOrJsonl(),
          new Converters.Format());

  @FuzzTest(maxDuration = "4s")
  void anyIdFile_isReadOrRejectedPrintably(byte[] file) {
    List<InstanceId> ids = new ArrayList<>();
    try {
      IdFile.read("--ids-file", IdFile.STDIN, new ByteArrayInputStream(file), ids::add);
    } catch (CommandFailure refused) {
      String message = String.valueOf(refused.getMessage());
      assertThat(message).startsWith("stdin, line ").hasSizeLessThan(700);
      assertThat(message.chars()).noneMatch(Character::isISOControl);
    }
    assertThat(ids).allMatch(id -> id.value().matches("[A-Za-z0-9][A-Za-z0-9_-]*"));
  }

  @FuzzTest(maxDuration = "4s")
  void anyDuration_isReadOrRejected(FuzzedDataProvider data) throws Exception {
    String value = data.consumeRemainingAsString();
    try {
      Duration time = new Converters.Time().convert(value);
      assertThat(time).isBetween(Duration.ofMillis(1), Duration.ofDays(365));
      assertThat(new Converters.Time().convert(time.toString())).isEqualTo(time);
    } catch (TypeConversionException refused) {
      assertThat(refused).hasMessageContaining("must ");
    }
  }

  @FuzzTest(maxDuration = "4s")
  void anyOptionValue_isReadOrRejected(FuzzedDataProvider data) throws Exception {
    String value = data.consumeRemainingAsString();
    for (ITypeConverter<?> converter : CONVERTERS) {
      try {
        assertThat(converter.convert(value)).isNotNull();
      } catch (TypeConversionException refused) {
        assertThat(refused).hasMessageContaining("must ");
      }
    }
  }
}
