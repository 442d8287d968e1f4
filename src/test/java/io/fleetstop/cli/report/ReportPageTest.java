package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.report.ReportSummary.ErrorCount;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ReportPageTest {

  private static final String HOSTILE =
      "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(2)>&amp;'\"\\"
          + "{{run}} {{outcomes}} ${version} \u2028\u2029\u202e\u0000\ud83d\ude00 \ud800";

  @TempDir private Path directory;

  private Path page(String text) throws Exception {
    Path file = directory.resolve("report.html");
    ObjectNode outcome = Pages.outcome(text, "FAILED", text, text, 12);
    ReportSummary run =
        Pages.run(text, Map.of("FAILED", 1L), List.of(new ErrorCount(text, text, 1, text)));
    Pages.write(file, List.of(outcome, outcome), run, Pages.calls(40));
    return file;
  }

  private static List<String> all(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
    return matcher.results().map(result -> result.group(1)).toList();
  }

  @Test
  void hostileText_isPreservedAsData() throws Exception {
    Path file = page(HOSTILE);

    JsonNode outcomes = Pages.data(file, "outcome-data");
    assertThat(outcomes.size()).isEqualTo(2);
    assertThat(outcomes.get(1).get("message").asString()).isEqualTo(HOSTILE);
    assertThat(outcomes.get(1).get("instanceId").asString()).isEqualTo(HOSTILE);
    JsonNode run = Pages.data(file, "run-data");
    assertThat(run.get("runId").asString()).isEqualTo(HOSTILE);
    assertThat(run.get("errors").get(0).get("code").asString()).isEqualTo(HOSTILE);
    assertThat(run.get("started").asString()).isEqualTo("2026-11-23T03:00:00Z");
    assertThat(run.get("timeline").get("buckets").size()).isGreaterThan(3);
  }

  @Tag("guarantee:html-escape")
  @Test
  void hostileText_addsNoElementAndIsAscii() throws Exception {
    String hostile = Files.readString(page(HOSTILE));
    String plain = Files.readString(page("plain"));

    assertThat(all(hostile, "(<[a-z/!])")).hasSameSizeAs(all(plain, "(<[a-z/!])"));
    assertThat(hostile).doesNotContain("alert(1)</", "<img", "\u2028", "\u2029", "\u202e");
    assertThat(hostile.substring(hostile.indexOf("outcome-data"), hostile.indexOf("'use strict'")))
        .matches(text -> text.chars().allMatch(c -> c < 0x7f));
  }

  @Test
  void policy_hasTheHashesOfStyleAndScript() throws Exception {
    String page = Files.readString(page("plain"));
    String policy = all(page, "Content-Security-Policy\" content=\"(.*?)\"").get(0);

    assertThat(policy)
        .startsWith("default-src 'none'; ")
        .contains("style-src '" + hash(all(page, "<style>(.*?)</style>").get(0)) + "'")
        .contains("script-src '" + hash(all(page, "<script>(.*?)</script>").get(0)) + "'")
        .contains("require-trusted-types-for 'script'")
        .doesNotContain("unsafe", "http");
  }

  private static String hash(String text) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return "sha256-" + Base64.getEncoder().encodeToString(digest);
  }

  @Test
  void page_loadsNothing() throws Exception {
    String page = Files.readString(page("plain"));

    assertThat(page)
        .doesNotContainPattern(
            "\\b(src|href)=\"(?!#)|url\\(|@import|https?://(?!www.w3.org/2000/svg)");
    assertThat(page).doesNotContain("{{");
  }
}
