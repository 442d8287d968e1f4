package io.fleetstop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A part of a document that is generated from the code, between two comments. A test compares it;
 * with {@code -Ddocs.write=true} the test writes it instead.
 */
public final class GeneratedBlock {

  private static final Path DOCUMENTS = Path.of("src/site/markdown");

  private GeneratedBlock() {}

  /** Requires that the block {@code name} of the document holds exactly {@code content}. */
  public static void requireUpToDate(String document, String name, String content)
      throws IOException {
    Path file = DOCUMENTS.resolve(document);
    String text = Files.readString(file);
    String begin = "<!-- generated: " + name + " -->\n";
    String end = "<!-- end: " + name + " -->";
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    assertThat(from).as(document + " has no block " + name).isNotNegative();
    assertThat(to).as(document + " has no end of block " + name).isGreaterThan(from);
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(
          file, text.substring(0, from + begin.length()) + content + "\n" + text.substring(to));
      return;
    }
    assertThat(text.substring(from + begin.length(), to).strip())
        .as(
            "%s is out of date; mvn test -Dtest='*ManualTest,*ReferenceTest' -Ddocs.write=true"
                .formatted(document))
        .isEqualTo(content.strip());
  }
}
