package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Pipes instead of files: ids may come from one, and no command waits for one silently. */
@Timeout(30)
class PipeInputTest {

  @TempDir private Path directory;

  private Path pipe() throws IOException, InterruptedException {
    Path pipe = directory.resolve("pipe");
    Child.run(new ProcessBuilder("mkfifo", pipe.toString()), Duration.ofSeconds(20));
    return pipe;
  }

  @EnabledOnOs({OS.LINUX, OS.MAC})
  @ParameterizedTest
  @ValueSource(strings = {"--ca-file", "--journal --resume", "--report", "--journal"})
  void pipeInsteadOfAFile_isRefused(String options) throws Exception {
    TestTerminal terminal =
        new TestTerminal().env("VOLCENGINE_ACCESS_KEY", "AKLTx").env("VOLCENGINE_SECRET_KEY", "s");
    String[] words = options.split(" ", -1);
    String[] all = {"stop", "--region=r", "i-1", words[0], pipe().toString(), "--yes"};
    if (words.length > 1) {
      all[5] = words[1];
    }

    assertThat(terminal.run(all)).isIn(2, 4);
    assertThat(terminal.errText())
        .startsWith("fleetstop: " + words[0])
        .containsAnyOf("it is not a regular file", "it exists");
  }

  @EnabledOnOs({OS.LINUX, OS.MAC})
  @Test
  void pipeInsteadOfCertificatesOfTheEnvironment_isRefused() throws Exception {
    TestTerminal terminal =
        new TestTerminal()
            .env("VOLCENGINE_ACCESS_KEY", "AKLTx")
            .env("VOLCENGINE_SECRET_KEY", "s")
            .env("SSL_CERT_FILE", pipe().toString());

    assertThat(terminal.run("stop", "--region=r", "i-1")).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("SSL_CERT_FILE cannot be read", "copy its content to one, and name that");
  }

  @EnabledOnOs({OS.LINUX, OS.MAC})
  @Test
  void idsFromANamedPipe_areRead() throws Exception {
    Path pipe = pipe();
    EcsSimulator simulator = EcsSimulator.builder().instances(2).startNow();
    try {
      Mono<Path> writing =
          Mono.fromCallable(() -> Files.write(pipe, simulator.ids()))
              .subscribeOn(Schedulers.boundedElastic());
      TestTerminal terminal = TestTerminal.of(simulator);
      Mono<Integer> stopping =
          Mono.fromCallable(
                  () -> terminal.stop(simulator, "--yes", "--no-wait", "--ids-file=" + pipe))
              .subscribeOn(Schedulers.boundedElastic());

      Mono<Integer> exitCode = Mono.zip(stopping, writing, (exit, written) -> exit);
      assertThat(exitCode.block(Duration.ofSeconds(20))).isZero();
      assertThat(terminal.outLines()).hasSize(2);
    } finally {
      simulator.dispose();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--ids-file", "--exclude-file"})
  void slowInput_isReported(String option) {
    TestTerminal terminal = new TestTerminal();
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      terminal.input(new LateInput(time, "not/an/id\n"));

      assertThat(terminal.run("stop", option, "-")).isEqualTo(2);
      assertThat(terminal.errText())
          .startsWith("Still reading " + option + " -: end the input (Ctrl-D in a terminal)")
          .contains("not/an/id");
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  /** An input whose first byte comes after five seconds. */
  private static final class LateInput extends FilterInputStream {

    private final VirtualTimeScheduler time;

    LateInput(VirtualTimeScheduler time, String text) {
      super(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
      this.time = time;
    }

    @Override
    public int read() throws IOException {
      time.advanceTimeBy(Duration.ofSeconds(5));
      return super.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      time.advanceTimeBy(Duration.ofSeconds(5));
      return super.read(bytes, offset, length);
    }
  }
}
