package io.fleetstop.cli.output;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.error.Printable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The character encodings of the arguments and of the terminal. */
public final class LocaleEncoding {

  /** Where Linux shows the bytes of the command line; absent elsewhere. */
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  /** The virtual machine puts this in place of each byte that it cannot decode. */
  private static final char REPLACEMENT = '\uFFFD';

  private LocaleEncoding() {}

  /**
   * Returns the encoding that the locale names, UTF-8 if it names none. ASCII counts as none: a
   * container or a cron job without a locale shows UTF-8 all the same.
   *
   * @param env an environment variable by name, {@code null} if it is not set
   */
  public static Charset ofLocale(UnaryOperator<@Nullable String> env) {
    String locale = "";
    for (String variable : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
      String value = env.apply(variable);
      if (value != null && !value.isEmpty()) {
        locale = value;
        break;
      }
    }
    int dot = locale.indexOf('.');
    int modifier = locale.indexOf('@');
    String name =
        dot < 0 ? "" : locale.substring(dot + 1, modifier < dot ? locale.length() : modifier);
    try {
      Charset charset = name.isEmpty() ? StandardCharsets.UTF_8 : Charset.forName(name);
      boolean usable = charset.canEncode() && !charset.equals(StandardCharsets.US_ASCII);
      return usable ? charset : StandardCharsets.UTF_8;
    } catch (IllegalArgumentException e) {
      return StandardCharsets.UTF_8;
    }
  }

  /**
   * Returns the arguments as they were typed. Without a locale the virtual machine replaces each
   * byte beyond ASCII, and a tag or an id that it damaged would match nothing.
   *
   * @throws CommandFailure if an argument is damaged and its bytes cannot be decoded
   */
  public static List<String> arguments(List<String> args) {
    byte[] commandLine;
    try {
      commandLine = Files.readAllBytes(COMMAND_LINE);
    } catch (IOException e) {
      commandLine = new byte[0];
    }
    return arguments(args, commandLine, ofLocale(System::getenv));
  }

  /**
   * Returns the arguments, with the damaged ones decoded from the bytes of the command line. Pure.
   *
   * @param commandLine all words, each ended by a zero byte; the arguments are the last ones
   */
  static List<String> arguments(List<String> args, byte[] commandLine, Charset charset) {
    List<byte[]> words = split(commandLine);
    int before = words.size() - args.size();
    List<String> whole = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      byte[] typed = before < 0 ? null : words.get(before + i);
      whole.add(isDamaged(arg, typed) ? decode(i + 1, arg, typed, charset) : arg);
    }
    return whole;
  }

  private static List<byte[]> split(byte[] commandLine) {
    List<byte[]> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        words.add(Arrays.copyOfRange(commandLine, start, i));
        start = i + 1;
      }
    }
    return words;
  }

  // The character itself may have been typed where the locale can express it.
  private static boolean isDamaged(String arg, byte @Nullable [] typed) {
    return arg.indexOf(REPLACEMENT) >= 0
        && (typed == null || !Arrays.equals(arg.getBytes(StandardCharsets.UTF_8), typed));
  }

  private static String decode(int number, String arg, byte @Nullable [] typed, Charset charset) {
    try {
      String text =
          typed == null ? null : charset.newDecoder().decode(ByteBuffer.wrap(typed)).toString();
      if (text != null && matchesReadableParts(arg, text)) {
        return text;
      }
    } catch (CharacterCodingException e) {
      // Refused below: it is not text in the encoding of the locale.
    }
    throw CommandFailure.usage(
        "argument "
            + number
            + " cannot be read as "
            + charset.name()
            + ": \""
            + arg.replace(REPLACEMENT, '?')
            + "\". Nothing was sent. Set the locale that the argument is written in, for example"
            + " LC_ALL=C.UTF-8, and run the command again");
  }

  /** Whether what the virtual machine could read of an argument is in the decoded text too. */
  private static boolean matchesReadableParts(String arg, String text) {
    int from = 0;
    for (String part : arg.split(String.valueOf(REPLACEMENT), -1)) {
      int at = text.indexOf(part, from);
      if (at < 0) {
        return false;
      }
      from = at + part.length();
    }
    return true;
  }

  /**
   * Returns a stream that takes UTF-8 and writes {@code charset}. What that cannot express is
   * written as an escape, since a question mark would name another instance.
   */
  static OutputStream from(OutputStream out, Charset charset) {
    return charset.equals(StandardCharsets.UTF_8) ? out : new Transcoder(out, charset);
  }

  private static final class Transcoder extends FilterOutputStream {

    private final CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final Charset charset;
    private final CharsetEncoder encoder;
    private byte[] begun = new byte[0];

    Transcoder(OutputStream out, Charset charset) {
      super(out);
      this.charset = charset;
      this.encoder = charset.newEncoder();
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
      ByteBuffer in = ByteBuffer.allocate(begun.length + length);
      in.put(begun).put(bytes, offset, length).flip();
      CharBuffer text = CharBuffer.allocate(in.remaining() + 1);
      decoder.reset();
      decoder.decode(in, text, false);
      // The rest is the start of a character whose other bytes are still to come.
      begun = new byte[in.remaining()];
      in.get(begun);
      text.flip();
      StringBuilder shown = new StringBuilder(text.remaining());
      text.codePoints().forEach(c -> append(shown, c));
      out.write(shown.toString().getBytes(charset));
    }

    private void append(StringBuilder shown, int c) {
      String character = Character.toString(c);
      shown.append(encoder.canEncode(character) ? character : Printable.escape(c));
    }
  }
}
