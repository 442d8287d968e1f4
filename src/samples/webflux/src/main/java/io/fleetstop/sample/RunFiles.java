package io.fleetstop.sample;

import io.fleetstop.fleet.CreatedFile;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.TrustedDirectory;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files of the runs: {@code NAME.ids} while a run is in progress, and its {@code NAME.journal}.
 * Files are accessed on {@code Schedulers.boundedElastic()} only.
 */
@Component
final class RunFiles {

  private static final String IDS = ".ids";
  private static final String JOURNAL = ".journal";
  private static final JsonMapper JSON = new JsonMapper();

  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final Path directory;

  /**
   * A run that the end of a process interrupted.
   *
   * @param ids all its instances
   * @param earlier the final outcomes that the journal holds
   */
  record Interrupted(
      String name, List<InstanceId> ids, List<OutcomeJson> earlier, ShutdownJournal journal) {}

  RunFiles(@Value("${sample.runs-directory:runs}") Path directory) {
    this.directory = directory;
  }

  /** Writes the ids of a new run, and opens its journal. */
  Mono<ShutdownJournal> create(String name, List<InstanceId> ids, ShutdownOptions options) {
    return blocking(
            () -> {
              Files.createDirectories(directory);
              TrustedDirectory.resolve(directory); // before a file of it is deleted
              Files.deleteIfExists(journal(name));
              // Complete or absent: the journal alone does not name the instances not started yet.
              Path partial = directory.resolve(name + ".partial");
              Files.deleteIfExists(partial);
              write(partial, ids);
              return Files.move(partial, ids(name), StandardCopyOption.ATOMIC_MOVE);
            })
        .then(ShutdownJournal.create(journal(name), options));
  }

  /** Writes through the channel that creates the file: the name may be another's link by then. */
  private static void write(Path file, List<InstanceId> ids) throws IOException {
    try (Writer out =
        Channels.newWriter(
            FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                CreatedFile.ownerOnly(file)),
            StandardCharsets.UTF_8)) {
      for (InstanceId id : ids) {
        out.write(id.value() + "\n");
      }
    }
  }

  /** Returns the names of the interrupted runs. */
  Flux<String> interruptedNames() {
    return blocking(this::names).flatMapIterable(names -> names);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(IDS))
          .map(file -> file.substring(0, file.length() - IDS.length()))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Reads an interrupted run. Its journal is closed again if that fails. */
  Mono<Interrupted> open(String name, ShutdownOptions options) {
    return blocking(() -> Files.exists(journal(name)))
        .flatMap(
            found ->
                found
                    ? ShutdownJournal.resume(journal(name), options)
                    : ShutdownJournal.create(journal(name), options))
        .flatMap(
            journal ->
                blocking(
                        () ->
                            new Interrupted(name, idsOf(name), earlier(name, journal), journal))
                    .onErrorResume(e -> journal.disposeLater().then(Mono.error(e))));
  }

  /** Reads the ids, which the user of the journal must have written. */
  private List<InstanceId> idsOf(String name) throws IOException {
    Path file = ids(name);
    if (!Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(journal(name)))) {
      throw new IOException(file + " belongs to another user, who may have named any instance");
    }
    // A file of this user that others may write to can be linked to that name by them.
    if (Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS).stream()
        .anyMatch(WRITABLE_BY_OTHERS::contains)) {
      throw new IOException(file + " is writable by others, who may have named any instance");
    }
    return Files.readAllLines(file).stream().map(InstanceId::of).toList();
  }

  private List<OutcomeJson> earlier(String name, ShutdownJournal journal) throws IOException {
    Map<String, OutcomeJson> last = new LinkedHashMap<>();
    for (String text : Files.readAllLines(journal(name))) {
      JsonNode line = JSON.readTree(text);
      if (line.path("event").asString("").equals("outcome")) {
        OutcomeJson outcome = JSON.treeToValue(line, OutcomeJson.class);
        last.put(outcome.instanceId(), outcome);
      }
    }
    return last.values().stream()
        .filter(outcome -> journal.state().isCompleted(InstanceId.of(outcome.instanceId())))
        .toList();
  }

  /** Marks a run as ended: the next process does not find it. The journal stays as a record. */
  Mono<Void> complete(String name) {
    return blocking(() -> Files.deleteIfExists(ids(name))).then();
  }

  private Path ids(String name) {
    return directory.resolve(name + IDS);
  }

  private Path journal(String name) {
    return directory.resolve(name + JOURNAL);
  }

  private static <T> Mono<T> blocking(Callable<T> action) {
    return Mono.fromCallable(action).subscribeOn(Schedulers.boundedElastic());
  }
}
