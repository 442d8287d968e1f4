package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.model.InstanceId;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdFileTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "i-a\ni-b\n",
        "i-a\ni-b",
        "i-a\r\ni-b\r\n",
        "i-a\ri-b\r",
        "\uFEFFi-a\r\ni-b",
        "# fleet\n\n  i-a\t\n\n\ti-b # the database\n#i-c\n   \n",
        "\"i-a\"\n'i-b'\n",
        "\"i-a\",\n\"i-b\"\n",
        "InstanceId\ni-a\ni-b\n",
        "\uFEFF\"Instance ID\",\"Name\"\r\n\"i-a\",\"web, 1\"\r\n\"i-b\",\"#2\"\r\n",
        "# exported\nname;instance_id;zone\na;i-a;z\n\n# b\nb;i-b;z\n",
        "name\tid\n\"two\nlines \"\"q\"\"\"\ti-a\nb\ti-b\n",
        "[\"i-a\", \"i-b\"]",
        "\n {\"instanceId\":\"i-a\",\"tags\":{\"InstanceId\":\"i-c\"}}\n{\"instanceId\":\"i-b\"}\n",
        "{\"ResponseMetadata\":{\"InstanceId\":\"i-c\"},\"Result\":{\"Instances\":[{\"InstanceId\":\"i-a\","
            + "\"EipAddress\":{\"InstanceId\":\"i-c\"}},{\"InstanceId\":\"i-b\"}],\"NextToken\":\"\"}}",
        "{\"Result\":{\"InstanceIds\":[\"i-a\",\"i-b\"]}}"
      })
  void everyForm_isRead(String text) throws IOException {
    assertThat(read(text)).containsExactly("i-a", "i-b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"i-a\r\ni-b\r\n", "\uFEFFid,name\ni-a,x\ni-b,y", "[\"i-a\",\"i-b\"]"})
  void utf16_isReadInEitherOrder(String text) throws IOException {
    for (Charset charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      assertThat(read(text.getBytes(charset))).containsExactly("i-a", "i-b");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "i-a,i-b | line 1: the line has 2 columns; write one id per line, or a first line that",
        "Name,Zone%i-a,z | line 1: the line has 2 columns; write one id per line, or a first line",
        "Name,Id%web | line 2: the line has no column 2, which holds the ids",
        "Id,Name%i-a,\"web | line 2: a quote is not closed; close it, or remove it",
        "{\"a\":1} | line 1: the JSON holds no InstanceId; write the reply of DescribeInstances,",
        "[1] | line 1: must be an id in quotes, or an object with InstanceId",
        "[\"i-a b\"] | line 1: \"i-a b\" is not an instance id, which holds letters, digits",
        "[\"web\"] | line 1: \"web\" is not an instance id, which starts with i-",
        "web | line 1: \"web\" is not an instance id, which starts with i-; write one id per line",
        "[\"i-a\" | line 1: not valid JSON: ",
        "{\"Instances\":[],\"NextToken\":\"n\"} | line 1: the list is incomplete: NextToken names"
      })
  void unreadableForm_isNamedWithWhatToDo(String text, String message) {
    assertThatThrownBy(() -> read(text.replace('%', '\n')))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(message.strip());
  }

  @Test
  void deeplyNestedJson_isRefused() {
    assertThatThrownBy(() -> read("[".repeat(100_000)))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("ids.txt: not valid JSON: Document nesting depth");
    assertThatThrownBy(
            () ->
                TargetFile.read(
                    Files.writeString(directory.resolve("targets"), "[".repeat(60_000))))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("it is not JSON with distinct names, or nested too deep");
  }

  @Test
  void fileOfKeys_isNotShown() {
    assertThatThrownBy(() -> read("VOLCENGINE_SECRET_KEY=c2VjcmV0LXNlY3JldA\n"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("VOLCENGINE_SECRET_KEY")
        .message()
        .doesNotContain("c2VjcmV0");
  }

  @Test
  void emptyFile_hasNoIds() throws IOException {
    assertThat(read("")).isEmpty();
    assertThat(read("\uFEFF")).isEmpty();
    assertThat(read("# nothing\n")).isEmpty();
  }

  @Test
  void invalidLine_isNamedWithFileNumberAndRule() {
    assertThatThrownBy(() -> read("i-a\r\n# two\r\n\r\ni-b c\r\n"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageEndingWith(
            "ids.txt, line 4: \"i-b c\" is not an instance id, which holds letters, digits, '-' and"
                + " '_' only; write one id per line, as fleetstop list --output ids does");
  }

  @Test
  void endlessLine_isRejectedEarly() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'a';
          }
        };

    assertThatThrownBy(() -> IdFile.read("--ids-file", "-", endless, id -> {}))
        .hasMessage("stdin, line 1: must have at most 65536 characters");
  }

  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  @ParameterizedTest
  @ValueSource(strings = {"\n", "\""})
  void longCell_isReadInLinearTime(String repeated) throws IOException {
    String row = "i-a," + (repeated.equals("\n") ? "\"" : "x") + repeated.repeat(64_000);
    String end = repeated.equals("\n") ? "\"\n" : "\n";

    assertThat(read("InstanceId,Name\n" + (row + end).repeat(40))).hasSize(40);
  }

  @Test
  void invalidUtf8_isRejectedOutsideComments() throws IOException {
    Path file = directory.resolve("ids.txt");
    Files.write(file, new byte[] {'#', (byte) 0xff, '\n', 'i', (byte) 0xff, '\n'});

    assertThatThrownBy(
            () ->
                IdFile.read("--ids-file", file.toString(), InputStream.nullInputStream(), id -> {}))
        .hasMessageContaining("ids.txt, line 2: \"i\ufffd\" is not an instance id");
  }

  @Test
  void dash_isStdin() {
    List<String> ids = new ArrayList<>();
    InputStream stdin = new ByteArrayInputStream("i-a\n".getBytes(StandardCharsets.UTF_8));

    IdFile.read("--ids-file", "-", stdin, id -> ids.add(id.value()));

    assertThat(ids).containsExactly("i-a");
  }

  @Test
  void unreadableFile_isNamed() {
    String missing = directory.resolve("missing.txt").toString();
    assertThatThrownBy(
            () -> IdFile.read("--ids-file", missing, InputStream.nullInputStream(), id -> {}))
        .hasMessage("--ids-file: there is no file " + missing + "; check the path");
    assertThatThrownBy(
            () ->
                IdFile.read(
                    "--ids-file", directory.toString(), InputStream.nullInputStream(), id -> {}))
        .hasMessageStartingWith("--ids-file: " + directory + " cannot be read");
    assertThatThrownBy(
            () -> IdFile.read("--ids-file", "a\0b", InputStream.nullInputStream(), id -> {}))
        .hasMessageStartingWith("--ids-file: ");
  }

  @Test
  void duplicatesAcrossFiles_countOnce() throws IOException {
    Path file = directory.resolve("many.txt");
    Files.write(file, IntStream.range(0, 100_000).mapToObj(i -> "i-" + i % 50_000).toList());

    assertThat(
            InstanceIds.read(
                List.of("i-7", "i-x"),
                List.of(file.toString(), file.toString()),
                InputStream.nullInputStream()))
        .hasSize(50_001)
        .startsWith(InstanceId.of("i-7"), InstanceId.of("i-x"), InstanceId.of("i-0"));
  }

  private List<String> read(String text) throws IOException {
    return read(text.getBytes(StandardCharsets.UTF_8));
  }

  private List<String> read(byte[] text) throws IOException {
    Path file = directory.resolve("ids.txt");
    Files.write(file, text);
    List<String> ids = new ArrayList<>();
    IdFile.read(
        "--ids-file", file.toString(), InputStream.nullInputStream(), id -> ids.add(id.value()));
    return ids;
  }

  @Test
  void incompleteList_isRejected() {
    InputStream stdin =
        new ByteArrayInputStream("i-1\n!incomplete\n".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> IdFile.read("--ids-file", "-", stdin, id -> {}))
        .isInstanceOf(CommandFailure.class)
        .hasMessage(
            "stdin, line 2: the list is incomplete; the command that wrote it reported the reason");
  }
}
