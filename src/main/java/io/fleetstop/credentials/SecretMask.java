package io.fleetstop.credentials;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange.Request;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes texts of a reply fit for errors, logs and reports: masks what the request was signed with,
 * and bounds the length.
 *
 * <p>A secret is found whole, by every part of at least 12 characters, and in its encoded forms: a
 * service, or a proxy, may echo the request that it received in any of them, and break it off
 * anywhere.
 *
 * <p>Who issues credentials may choose a token that holds any word. So decide by what the service
 * sent, and mask only what is shown or stored of it.
 *
 * <p>The work is bounded, whatever a peer sends: it is linear, and only the start of a long text is
 * searched. Not thread-safe: a mask is made for one reply.
 */
public final class SecretMask {

  private static final int MAX_TEXT = 1_000;
  private static final int MAX_IDENTIFIER = 128;
  private static final int MAX_SEARCHED = 8_192;
  private static final int MAX_VALUE = 65_536;

  /** Longer than a signature: what was cut in two may stand at the end of what was searched. */
  private static final int UNCERTAIN = 128;

  private static final String SIGNATURE = "Signature=";

  private static final Pattern NO_WORD = Pattern.compile("[^A-Za-z0-9_.:*-]+");

  private final @Nullable Credentials credentials;
  private final List<String> tokens;
  private final Set<String> knownCodes;
  private final String authorization;
  private final int signatureStart;
  private @Nullable SecretFragments fragments;

  private SecretMask(
      @Nullable Credentials credentials,
      List<String> tokens,
      Set<String> knownCodes,
      String authorization) {
    this.credentials = credentials;
    this.tokens = tokens;
    this.knownCodes = knownCodes;
    this.authorization = authorization;
    int name = authorization.lastIndexOf(SIGNATURE);
    this.signatureStart = name < 0 ? authorization.length() : name + SIGNATURE.length();
  }

  /**
   * A mask for the replies to a request.
   *
   * @param credentials the credentials of the request, or {@code null} if they are not known
   * @param signed the request, or {@code null} if its signature is not known
   */
  public static SecretMask of(@Nullable Credentials credentials, @Nullable Request signed) {
    return of(credentials, signed, Set.of());
  }

  /**
   * As {@link #of(Credentials, Request)}.
   *
   * @param knownCodes the error codes that the program names, which are no secrets
   */
  public static SecretMask of(
      @Nullable Credentials credentials, @Nullable Request signed, Set<String> knownCodes) {
    String authorization = signed == null ? null : signed.headers().get("Authorization");
    return new SecretMask(
        credentials, List.of(), knownCodes, authorization == null ? "" : authorization);
  }

  /** A mask of tokens, such as those that authenticate a request. */
  public static SecretMask ofTokens(String... tokens) {
    return ofTokens(Set.of(), tokens);
  }

  /** As {@link #ofTokens(String...)}, with the error codes that the program names. */
  static SecretMask ofTokens(Set<String> knownCodes, String... tokens) {
    return new SecretMask(null, List.of(tokens), knownCodes, "");
  }

  /**
   * Returns a text, such as a line of a log, without what is recognised as a secret by its name or
   * its form: signatures, keys, tokens, cookies and passwords.
   */
  public static String named(String text) {
    return NamedSecrets.mask(text);
  }

  /** A message: any text, masked, bounded and printable. */
  public String text(String text) {
    return bounded(masked(text), MAX_TEXT);
  }

  /** A code or a request id: a masked text in which every other character than a word's is '_'. */
  public String identifier(String text) {
    if (text.length() < MAX_IDENTIFIER && isWord(text) && !isIn(text)) {
      // The fast path: every success has a request id.
      return text;
    }
    if (knownCodes.contains(text)) {
      return text;
    }
    return bounded(NO_WORD.matcher(masked(text)).replaceAll("_"), MAX_IDENTIFIER);
  }

  /**
   * Classifies an error of a reply by the code that the service sent. The result has that code
   * masked, unless it is documented or one that the program names.
   *
   * @param code the code, or {@code null} if the reply has none
   * @param codeN the number beside it, or {@code null}
   * @param httpStatus the status of the reply
   */
  public ErrorCode errorCode(@Nullable String code, @Nullable Integer codeN, int httpStatus) {
    ErrorCode sent = ErrorCode.classify(code, codeN, httpStatus);
    return code == null ? sent : shown(sent);
  }

  /** Returns an error that was classified by a code of a reply with that code masked. */
  public ErrorCode shown(ErrorCode sent) {
    return sent.scope() == ErrorCode.Scope.UNDOCUMENTED
        ? sent.withCode(identifier(sent.code()))
        : sent;
  }

  /**
   * A text of a body, such as a name, a tag or a status: the text itself, but for the secrets in
   * it. Secrets of less than 12 characters are not searched for: those of the platform are longer,
   * and a shorter one may be a part of any name. A text of more than 65,536 characters is cut, and
   * ends with an ellipsis.
   */
  public String value(String text) {
    if (text.length() < SecretFragments.MIN_FRAGMENT) {
      return text;
    }
    boolean cut = text.length() > MAX_VALUE;
    String masked = withoutSecrets(cut ? text.substring(0, MAX_VALUE) : text, false);
    return cut ? masked.substring(0, Math.max(0, masked.length() - UNCERTAIN)) + "\u2026" : masked;
  }

  // Masked before it is bounded: a secret that is cut in two might not be found any more.
  private String masked(String text) {
    boolean cut = text.length() > MAX_SEARCHED;
    String searched = cut ? text.substring(0, MAX_SEARCHED) : text;
    String masked = NamedSecrets.mask(withoutSecrets(searched, true));
    return cut ? masked.substring(0, Math.max(0, masked.length() - UNCERTAIN)) : masked;
  }

  private static String bounded(String text, int max) {
    return Printable.of(text.length() <= max ? text : text.substring(0, max) + "\u2026");
  }

  private static boolean isWord(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (!allowed && c != '_' && c != '.' && c != ':') {
        return false;
      }
    }
    return true;
  }

  /** Whether a secret, or a part of it, stands in a short text without encodings. */
  private boolean isIn(String text) {
    if (credentials != null) {
      String token = credentials.sessionToken();
      if (SecretFragments.isIn(text, credentials.secretAccessKey(), 0)
          || SecretFragments.isIn(text, credentials.accessKeyId(), 0)
          || (token != null && SecretFragments.isIn(text, token, 0))) {
        return true;
      }
    }
    for (int i = 0; i < tokens.size(); i++) {
      if (SecretFragments.isIn(text, tokens.get(i), 0)) {
        return true;
      }
    }
    return SecretFragments.isIn(text, authorization, signatureStart);
  }

  private SecretFragments fragments() {
    SecretFragments made = fragments;
    if (made == null) {
      List<String> secrets = new ArrayList<>(tokens);
      if (credentials != null) {
        secrets.add(credentials.secretAccessKey());
        secrets.add(credentials.accessKeyId());
        if (credentials.sessionToken() != null) {
          secrets.add(credentials.sessionToken());
        }
      }
      secrets.add(authorization.substring(signatureStart));
      made = new SecretFragments(secrets);
      fragments = made;
    }
    return made;
  }

  private String withoutSecrets(String text, boolean shortOnes) {
    BitSet found = fragments().find(text, shortOnes);
    DecodedText decoded = DecodedText.of(text);
    BitSet encoded = decoded == null ? null : fragments().find(decoded.text(), shortOnes);
    if (decoded != null && encoded != null) {
      found = found == null ? new BitSet(text.length()) : found;
      for (int at = encoded.nextSetBit(0); at >= 0; ) {
        int end = encoded.nextClearBit(at);
        found.set(decoded.start(at), decoded.end(end - 1));
        at = encoded.nextSetBit(end);
      }
    }
    return found == null ? text : replaced(text, found);
  }

  private static String replaced(String text, BitSet hidden) {
    StringBuilder shown = new StringBuilder(text.length());
    int copied = 0;
    for (int at = hidden.nextSetBit(0); at >= 0; at = hidden.nextSetBit(copied)) {
      shown.append(text, copied, at).append(NamedSecrets.MASK);
      copied = hidden.nextClearBit(at);
    }
    return shown.append(text, copied, text.length()).toString();
  }
}
