package io.fleetstop.cli.output;

import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.CredentialsProvider;
import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * The terminal of this process. The commands {@code test} and {@code stty} show whether a stream is
 * a terminal and how wide it is; without them no stream counts as a terminal.
 */
public final class SystemTerminal implements Terminal {

  private static final int DEFAULT_COLUMNS = 80;

  /** {@code timeout} and wrappers may deliver a signal twice; a user takes longer to repeat it. */
  private static final Duration REPEATED = Duration.ofMillis(500);

  /** How long {@code stty} and {@code test}, which take milliseconds, may take. */
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);

  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final Path DEVICES = Path.of("/dev");
  private static final Path NULL_DEVICE = Path.of("/dev/null");
  private static final Path PROCESS_STATUS = Path.of("/proc/self/stat");
  private static final int GROUP = 2;
  private static final int FOREGROUND_GROUP = 5;

  // The first field: it must occupy free descriptors before anything else opens a file.
  private final StandardStreams streams = new StandardStreams();
  private final StandardStreams.Output outBytes = streams.out(Stream.STDOUT, FileDescriptor.out);
  private final PrintStream out = stream(Stream.STDOUT, outBytes);
  private final PrintStream err =
      stream(Stream.STDERR, streams.out(Stream.STDERR, FileDescriptor.err));
  private final InputStream in = streams.in();
  private final Runnable exit;
  private final Runnable endNow;
  private final AtomicReference<@Nullable Long> lastSignal = new AtomicReference<>();
  private final AtomicBoolean hungUp = new AtomicBoolean();

  /**
   * Creates the terminal of this process.
   *
   * @param exit ends the process as interrupted, after its exit hooks
   * @param endNow ends the process at once, on a repeated signal
   */
  public SystemTerminal(Runnable exit, Runnable endNow) {
    this.exit = exit;
    this.endNow = endNow;
  }

  /** Prints that the output is lost, if it may be without an error of a write. */
  public void noteLostOutput() {
    if (streams.mayHaveLostOutput()) {
      err.print(
          "stdin is closed, and stdout is closed or /dev/null: outcomes are not shown; keep them with"
              + " --journal or --report\n");
      err.flush();
    }
  }

  // UTF-8 in files and pipes, as JSON must be; on a terminal what its locale says.
  private PrintStream stream(Stream stream, OutputStream bytes) {
    Charset charset = LocaleEncoding.ofLocale(System::getenv);
    boolean foreign = !charset.equals(StandardCharsets.UTF_8) && isTerminal(stream);
    return new PrintStream(
        foreign ? LocaleEncoding.from(bytes, charset) : bytes, false, StandardCharsets.UTF_8);
  }

  @Override
  public InputStream in() {
    return in;
  }

  // The terminal keeps an unfinished line to itself: it passes it on when it stops editing lines.
  @Override
  public void discardTyped() {
    if (isForeground() && stty("-icanon")) {
      stty("icanon");
    }
    Terminal.super.discardTyped();
  }

  private static boolean stty(String setting) {
    ProcessBuilder stty = new ProcessBuilder("stty", setting);
    stty.redirectInput(new File("/dev/tty")).redirectError(Redirect.DISCARD);
    return succeeds(stty, COMMAND_TIMEOUT);
  }

  /** Whether a command of the system succeeds. One that hangs, as on a lost mount, does not. */
  static boolean succeeds(ProcessBuilder command, Duration timeout) {
    try {
      Process process = command.start();
      if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public PrintStream out() {
    return out;
  }

  @Override
  public @Nullable String outFailure() {
    return outBytes.failure();
  }

  @Override
  public PrintStream err() {
    return err;
  }

  @Override
  public boolean isTerminal(Stream stream) {
    return !streams.isClosed(stream) && mayBeTerminal(stream) && isTerminalByTest(stream);
  }

  // Starting a process takes longer than reading what the kernel shows, where it shows it.
  private static boolean mayBeTerminal(Stream stream) {
    try {
      Path file = Files.readSymbolicLink(OPEN_FILES.resolve(Integer.toString(stream.descriptor())));
      return file.startsWith(DEVICES) && !file.equals(NULL_DEVICE);
    } catch (IOException | UnsupportedOperationException e) {
      return true;
    }
  }

  private static boolean isTerminalByTest(Stream stream) {
    ProcessBuilder test = new ProcessBuilder("test", "-t", Integer.toString(stream.descriptor()));
    return succeeds(test.inheritIO(), COMMAND_TIMEOUT);
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  // The kernel suspends a background process that reads from its terminal.
  @Override
  public boolean isForeground() {
    try {
      String status = Files.readString(PROCESS_STATUS, StandardCharsets.ISO_8859_1);
      String[] fields = status.substring(status.lastIndexOf(')') + 2).split(" ", -1);
      return fields[FOREGROUND_GROUP].equals("-1")
          || fields[FOREGROUND_GROUP].equals(fields[GROUP]);
    } catch (IOException | IndexOutOfBoundsException e) {
      return true;
    }
  }

  @Override
  public Runnable refuseBackgroundReads() {
    return ProcessSignals.ignore("TTIN");
  }

  @Override
  public void exitInterrupted() {
    exit.run();
  }

  @Override
  public int columns() {
    ProcessBuilder stty = new ProcessBuilder("stty", "size");
    stty.redirectInput(new File("/dev/tty")).redirectError(Redirect.DISCARD);
    return columns(stty, COMMAND_TIMEOUT);
  }

  /** Returns the second number that a command prints. A line fits into the pipe of any command. */
  static int columns(ProcessBuilder command, Duration timeout) {
    try {
      Process process = command.start();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        return DEFAULT_COLUMNS;
      }
      try (Scanner size = new Scanner(process.getInputStream(), StandardCharsets.US_ASCII)) {
        int columns =
            size.hasNextInt() && size.nextInt() >= 0 && size.hasNextInt() ? size.nextInt() : 0;
        return columns > 0 ? columns : DEFAULT_COLUMNS;
      }
    } catch (IOException e) {
      return DEFAULT_COLUMNS;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return DEFAULT_COLUMNS;
    }
  }

  @Override
  public Runnable onResize(Runnable action) {
    return ProcessSignals.handle("WINCH", action);
  }

  @Override
  public @Nullable String env(String name) {
    return System.getenv(name);
  }

  @Override
  public CredentialsProvider credentials(CredentialsOptions options) {
    return options.profile() == null
        ? CredentialsProvider.defaultChain(options)
        : CredentialsProvider.profile(options);
  }

  @Override
  public Runnable onInterrupt(Runnable action) {
    AtomicBoolean seen = new AtomicBoolean();
    Runnable asked =
        () -> {
          if (isRepetition()) {
            return;
          }
          (seen.getAndSet(true) ? endNow : action).run();
        };
    // Both the kernel and the shell send it when a terminal is lost: the second one is not a
    // repetition, and ends nothing that began after the first.
    Runnable lost =
        () -> {
          if (!hungUp.getAndSet(true) && !isRepetition() && !seen.getAndSet(true)) {
            action.run();
          }
        };
    List<Runnable> restore = new ArrayList<>();
    restore.add(ProcessSignals.handle("INT", asked));
    restore.add(ProcessSignals.handle("TERM", asked));
    restore.add(ProcessSignals.handle("HUP", lost));
    return () -> restore.forEach(Runnable::run);
  }

  /** Whether this signal belongs to one that came just before it, perhaps to another handler. */
  private boolean isRepetition() {
    long now = now();
    Long last = lastSignal.get();
    if (last != null && now - last <= REPEATED.toNanos()) {
      return true;
    }
    lastSignal.set(now);
    return false;
  }

  /**
   * Handles signals of the operating system. A shutdown hook is not enough: it does not see a
   * second signal and cannot set the exit code.
   *
   * <p>{@code sun.misc.Signal} is supported and exported, but not part of the platform's API, and a
   * reference to it causes a warning at compile time. It is called by reflection; without it,
   * signals end the process as usual.
   */
  static final class ProcessSignals {

    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private ProcessSignals() {}

    /**
     * Runs {@code action} on a separate thread whenever the signal arrives.
     *
     * @return restores the previous handler
     */
    static Runnable handle(String name, Runnable action) {
      return replace(
          name,
          type ->
              Proxy.newProxyInstance(
                  type.getClassLoader(), new Class<?>[] {type}, invocation(action)));
    }

    /**
     * Ignores a signal. A handler that does nothing is not the same: the kernel would send it again
     * for each repetition of a read.
     *
     * @return restores the previous handler
     */
    static Runnable ignore(String name) {
      return replace(name, type -> type.getField("SIG_IGN").get(null));
    }

    private interface HandlerSource {
      Object of(Class<?> type) throws ReflectiveOperationException;
    }

    private static Runnable replace(String name, HandlerSource handler) {
      try {
        Object previous = install(name, handler.of(Class.forName(HANDLER)));
        return () -> restore(name, previous);
      } catch (ReflectiveOperationException | RuntimeException e) {
        // The virtual machine reserves the signal (-Xrs), or the platform does not have it.
        return () -> {};
      }
    }

    private static InvocationHandler invocation(Runnable action) {
      return (proxy, method, arguments) ->
          switch (method.getName()) {
            case "handle" -> {
              action.run();
              yield null;
            }
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "ProcessSignals";
          };
    }

    private static Object install(String name, Object handler) throws ReflectiveOperationException {
      Class<?> signalType = Class.forName(SIGNAL);
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      return signalType
          .getMethod("handle", signalType, Class.forName(HANDLER))
          .invoke(null, signal, handler);
    }

    private static void restore(String name, Object handler) {
      try {
        install(name, handler);
      } catch (ReflectiveOperationException | RuntimeException e) {
        throw new IllegalStateException("the handler of " + name + " cannot be restored", e);
      }
    }
  }
}
