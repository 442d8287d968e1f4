package io.fleetstop.cli;

import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.simulator.EcsSimulator;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A terminal controlled by a test: input, output, environment and signals. */
public final class TestTerminal implements Terminal {

  private final Map<String, String> environment = new HashMap<>();
  private final Set<Stream> terminals = EnumSet.noneOf(Stream.class);
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new Errors();
  private final PrintStream out = new PrintStream(new Lines(), false, StandardCharsets.UTF_8);
  private final PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
  private final Keyboard keyboard = new Keyboard();
  private InputStream in = InputStream.nullInputStream();
  private Consumer<String> onLine = line -> {};
  private final Map<String, Runnable> onError = new ConcurrentHashMap<>();
  private boolean closed;
  private boolean foreground = true;
  private int signalsHandled;
  private int interrupts;
  private @Nullable Runnable onInterrupt;

  /** A terminal of a user without files of the official tool. */
  public TestTerminal() {
    environment.put("HOME", "/no/such/directory");
  }

  /** A terminal whose environment leads to a simulator. */
  public static TestTerminal of(EcsSimulator simulator) {
    return new TestTerminal()
        .env("VOLCENGINE_ACCESS_KEY", simulator.accessKeyId())
        .env("VOLCENGINE_SECRET_KEY", simulator.secretAccessKey())
        .env("VOLCENGINE_REGION", simulator.region());
  }

  TestTerminal env(String name, String value) {
    environment.put(name, value);
    return this;
  }

  TestTerminal input(String text) {
    in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  TestTerminal input(InputStream stdin) {
    in = stdin;
    return this;
  }

  /** Types at a terminal, before or during a run. */
  void type(String text) {
    terminals.add(Stream.STDIN);
    in = keyboard;
    text.chars().forEach(keyboard.typed::add);
  }

  /** Puts the process into the background. */
  TestTerminal background() {
    foreground = false;
    return this;
  }

  /** Returns the input that has not been read. */
  String unread() {
    try {
      return new String(in.readNBytes(in.available()), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public TestTerminal terminals(Stream... streams) {
    terminals.addAll(List.of(streams));
    return this;
  }

  /** Sets an action to run after each line on stdout. */
  TestTerminal onLine(Consumer<String> action) {
    onLine = action;
    return this;
  }

  /** Sets an action to run once, when a text is on stderr. */
  TestTerminal onError(String text, Runnable action) {
    onError.put(text, action);
    return this;
  }

  /** Makes stdout a pipe whose reader has closed it. */
  void closeOut() {
    closed = true;
  }

  /** Presses Ctrl-C. */
  public void interrupt() {
    if (onInterrupt == null) {
      throw new IllegalStateException("no handler of the interrupt is installed");
    }
    onInterrupt.run();
  }

  /** Presses Ctrl-C unless it was pressed already. */
  void interruptOnce() {
    if (interrupts++ == 0) {
      interrupt();
    }
  }

  int run(String... args) {
    return Main.run(this, args);
  }

  /** Runs {@code fleetstop stop} against a simulator. */
  int stop(EcsSimulator simulator, String... args) {
    return run("stop", simulator, args);
  }

  /** Runs {@code fleetstop start} against a simulator. */
  int start(EcsSimulator simulator, String... args) {
    return run("start", simulator, args);
  }

  /** Runs {@code fleetstop list} against a simulator. */
  int list(EcsSimulator simulator, String... args) {
    return run("list", simulator, args);
  }

  private int run(String command, EcsSimulator simulator, String... args) {
    String[] all = new String[args.length + 3];
    all[0] = command;
    all[1] = "--endpoint";
    all[2] = simulator.endpoint().toString();
    System.arraycopy(args, 0, all, 3, args.length);
    return run(all);
  }

  String outText() {
    return written.toString(StandardCharsets.UTF_8);
  }

  public String errText() {
    return errors.toString(StandardCharsets.UTF_8);
  }

  public List<String> outLines() {
    return outText().lines().toList();
  }

  /** Each line of stdout as JSON. */
  List<JsonNode> outJson() {
    JsonMapper mapper = new JsonMapper();
    return outLines().stream().map(mapper::readTree).toList();
  }

  /** Returns whether signal handlers were installed and removed again. */
  boolean signalsRestored() {
    return signalsHandled > 0 && onInterrupt == null;
  }

  @Override
  public InputStream in() {
    return in;
  }

  /** Keeps {@link #input}, which stands for what is typed after the question. */
  @Override
  public void discardTyped() {
    if (in == keyboard) {
      Terminal.super.discardTyped();
    }
  }

  @Override
  public PrintStream out() {
    return out;
  }

  @Override
  public PrintStream err() {
    return err;
  }

  @Override
  public boolean isTerminal(Stream stream) {
    return terminals.contains(stream);
  }

  @Override
  public boolean isForeground() {
    return foreground;
  }

  @Override
  public void exitInterrupted() {
    throw new IllegalStateException("the process was ended");
  }

  @Override
  public int columns() {
    return 100;
  }

  @Override
  public @Nullable String env(String name) {
    return environment.get(name);
  }

  @Override
  public CredentialsProvider credentials(CredentialsOptions options) {
    if (options.profile() != null) {
      return CredentialsProvider.profile(options);
    }
    if (env("VOLCENGINE_CLI_CONFIG_FILE") != null) {
      return CredentialsProvider.defaultChain(options);
    }
    String id = env("VOLCENGINE_ACCESS_KEY");
    String secret = env("VOLCENGINE_SECRET_KEY");
    String token = env("VOLCENGINE_SESSION_TOKEN");
    if (id == null || secret == null) {
      return () -> Mono.error(noCredentials());
    }
    return CredentialsProvider.fixed(
        token == null ? Credentials.of(id, secret) : Credentials.of(id, secret, token));
  }

  private static EcsException noCredentials() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("environment: nothing is set")
        .build();
  }

  @Override
  public Runnable onInterrupt(Runnable action) {
    signalsHandled++;
    onInterrupt = action;
    return () -> onInterrupt = null;
  }

  /** The typed input that has not been read yet. */
  private static final class Keyboard extends InputStream {

    private static final int CTRL_D = 4;

    private final BlockingQueue<Integer> typed = new LinkedBlockingQueue<>();

    @Override
    public int available() {
      return (int) typed.stream().filter(key -> key != CTRL_D).count();
    }

    /** Waits, as at a terminal: {@code ^D}, and only this, is the end of the input. */
    @Override
    public int read() throws IOException {
      try {
        int next = typed.take();
        return next == CTRL_D ? -1 : next;
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = 0;
      while (count < length && !typed.isEmpty()) {
        bytes[offset + count++] = (byte) read();
      }
      return count == 0 ? -1 : count;
    }
  }

  private final class Errors extends ByteArrayOutputStream {

    @Override
    public void flush() {
      String text = toString(StandardCharsets.UTF_8);
      for (String awaited : List.copyOf(onError.keySet())) {
        Runnable action = text.contains(awaited) ? onError.remove(awaited) : null;
        if (action != null) {
          action.run();
        }
      }
    }
  }

  private final class Lines extends OutputStream {

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
      if (closed) {
        throw new IOException("Broken pipe");
      }
      written.write(b);
      if (b == '\n') {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        onLine.accept(text);
      } else {
        line.write(b);
      }
    }
  }
}
