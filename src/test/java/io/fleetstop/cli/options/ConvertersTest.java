package io.fleetstop.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConvertersTest {

  @ParameterizedTest
  @CsvSource({
    "1ms,PT0.001S",
    "500ms,PT0.5S",
    "10s,PT10S",
    "5m,PT5M",
    "1h,PT1H",
    "PT1M30S,PT1M30S",
    "P1D,PT24H",
    "1h30m,PT1H30M",
    "90s,PT1M30S",
    "1d,PT24H",
    "10S,PT10S",
    "2d1h1m1s1ms,PT49H1M1.001S"
  })
  void time_acceptsBothForms(String text, Duration time) {
    assertThat(new Converters.Time().convert(text)).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10",
        "s",
        "1.5s",
        "-1s",
        "10 s",
        "30m1h",
        "1h 30m",
        "9999999999999s",
        "\u0661s"
      })
  void time_rejectsOtherText(String text) {
    assertThatThrownBy(() -> new Converters.Time().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage(
            "must be a duration such as 500ms, 90s, 5m, 1h30m, 1d or PT1M30S, was \""
                + text
                + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "PT0.0001S", "PT-5S", "8761h", "P366D", "999999999999h"})
  void timeOutOfRange_isRejected(String text) {
    assertThatThrownBy(() -> new Converters.Time().convert(text))
        .hasMessage("must be 1ms to 365 days, was \"" + text + "\"");
  }

  @Test
  void timeOrZero_acceptsZero() {
    assertThat(new Converters.TimeOrZero().convert("0s")).isZero();
    assertThatThrownBy(() -> new Converters.TimeOrZero().convert("PT-1S"))
        .hasMessage("must be 0s to 365 days, was \"PT-1S\"");
  }

  @Test
  void count_isWholeAndPositive() {
    assertThat(new Converters.Count().convert("12")).isEqualTo(12);
    for (String text : new String[] {"0", "-1", "1.5", "x", "", "99999999999"}) {
      assertThatThrownBy(() -> new Converters.Count().convert(text))
          .hasMessage("must be a whole number from 1 to 999999999, was \"" + text + "\"");
    }
  }

  @Test
  void port_isWithin1And65535() {
    assertThat(new Converters.Port().convert("8080")).isEqualTo(8080);
    for (String text : new String[] {"0", "65536", "http"}) {
      assertThatThrownBy(() -> new Converters.Port().convert(text))
          .hasMessage("must be a port from 1 to 65535, was \"" + text + "\"");
    }
  }

  @Test
  void rate_acceptsFractions() {
    assertThat(new Converters.Rate().convert("0.5")).isEqualTo(0.5);
    assertThat(new Converters.Rate().convert("20")).isEqualTo(20);
    for (String text : new String[] {"0", "-1", "NaN", "Infinity", "1e3", "5d", ""}) {
      assertThatThrownBy(() -> new Converters.Rate().convert(text))
          .hasMessage("must be a decimal number above 0, such as 4 or 0.5, was \"" + text + "\"");
    }
  }

  @Test
  void failures_areACountOrAPercentage() {
    assertThat(new Converters.Failures().convert("0")).isEqualTo(FailureLimit.count(0));
    assertThat(new Converters.Failures().convert("5%")).isEqualTo(FailureLimit.percent(5));
    assertThat(new Converters.Failures().convert("0.5%")).isEqualTo(FailureLimit.percent(0.5));
    for (String text : new String[] {"101%", "-1", "5.5", "%", "", "5 %"}) {
      assertThatThrownBy(() -> new Converters.Failures().convert(text))
          .hasMessage("must be a whole number such as 10, or 0% to 100%, was \"" + text + "\"");
    }
  }

  @Test
  void tag_hasAKeyAndAnOptionalValue() {
    Converters.Tag tag = new Converters.Tag();
    assertThat(tag.convert("env")).isEqualTo(new TagMatch("env", null)).hasToString("env");
    assertThat(tag.convert("env=")).isEqualTo(new TagMatch("env", "")).hasToString("env=");
    assertThat(tag.convert("env=a=b")).isEqualTo(new TagMatch("env", "a=b"));
    assertThat(tag.convert("a:b/c=d e")).isEqualTo(new TagMatch("a:b/c", "d e"));
    for (String text : new String[] {"", " ", "=", "=v", " =v"}) {
      assertThatThrownBy(() -> tag.convert(text))
          .hasMessage("must be key or key=value, was \"" + text + "\"");
    }
  }

  @Test
  void mode_usesTheNamesOfTheService() {
    assertThat(new Converters.Mode().convert("StopCharging")).isEqualTo(StoppedMode.STOP_CHARGING);
    assertThatThrownBy(() -> new Converters.Mode().convert("Hibernate"))
        .hasMessage("must be KeepCharging or StopCharging, was \"Hibernate\"");
  }

  @Test
  void format_isAnyCase() {
    assertThat(new Converters.Format().convert("Text")).isEqualTo(OutputFormat.TEXT);
    assertThat(new Converters.Format().convert("JSONL")).isEqualTo(OutputFormat.JSONL);
    assertThat(new Converters.Format().convert("csv")).isEqualTo(OutputFormat.CSV);
    assertThatThrownBy(() -> new Converters.Format().convert("xml"))
        .hasMessage("must be text, table, jsonl, csv or ids, was \"xml\"");
    assertThatThrownBy(() -> new Converters.Format().convert("tabel"))
        .hasMessageEndingWith(", was \"tabel\": did you mean table?");
    assertThatThrownBy(() -> new Converters.TextOrJsonl().convert("csv"))
        .hasMessage("must be text or jsonl, was \"csv\"");
  }
}
