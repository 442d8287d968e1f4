package io.fleetstop.sign;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Addresses that other software wrote, compared with the naive implementation. */
class ForeignAddressTest {

  private static final long SEED = 20261126;
  private static final int CASES = 5_000;
  private static final String IN_PATH = "!$&'()*+,;=:@-._~";
  private static final String IN_QUERY = IN_PATH + "/?";
  private static final Credentials KEY = Credentials.of("AKLTexample", "very-secret", "token==");
  private static final Instant NOW = Instant.parse("2025-03-29T18:09:37Z");

  private final Random random = new Random(SEED);

  @Tag("guarantee:signed-address")
  @Test
  void foreignAddress_isSentAndSignedInCanonicalForm() throws Exception {
    RequestSigner signer = RequestSigner.of("cn-beijing", "ecs");
    for (int i = 0; i < CASES; i++) {
      String path = path();
      String query = query();
      String address = "https://h.example" + path + (query.isEmpty() ? "" : "?" + query);
      byte[] body = text(IN_QUERY).getBytes(UTF_8);

      Request signed =
          signer.sign(new Request("PUT", URI.create(address), Map.of(), body), KEY, NOW);

      String where = String.format(Locale.ROOT, "seed %d, case %d: %s", SEED, i, address);
      String canonicalPath = NaiveSignature.canonicalPath(path);
      String canonicalQuery = NaiveSignature.canonicalQuery(query);
      assertThat(signed.uri().getRawPath()).as(where).isEqualTo(canonicalPath);
      assertThat(String.valueOf(signed.uri().getRawQuery()))
          .as(where)
          .isEqualTo(canonicalQuery.isEmpty() ? "null" : canonicalQuery);
      assertThat(signed.headers().get("Authorization"))
          .as(where)
          .isEqualTo(
              NaiveSignature.authorization(
                  "PUT",
                  "h.example",
                  canonicalPath,
                  canonicalQuery,
                  body,
                  KEY,
                  "20250329T180937Z",
                  "cn-beijing",
                  "ecs"));
      assertThat(RequestSigner.canonical(signed.uri())).as(where).isEqualTo(signed.uri());
    }
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    int segments = random.nextInt(5);
    for (int i = 0; i < segments; i++) {
      path.append('/').append(text(IN_PATH));
    }
    return path.toString();
  }

  /** Names repeat, values and equals signs are missing, ampersands are adjacent. */
  private String query() {
    StringBuilder query = new StringBuilder();
    int parameters = random.nextInt(6);
    for (int i = 0; i < parameters; i++) {
      String name = random.nextInt(3) == 0 ? "again" : text(IN_QUERY).replaceAll("[=&]", "");
      query.append(name);
      switch (random.nextInt(4)) {
        case 0 -> {}
        case 1 -> query.append('=');
        default -> query.append('=').append(text(IN_QUERY).replace("&", ""));
      }
      query.append(random.nextInt(5) == 0 ? "&&" : "&");
    }
    return query.toString();
  }

  /** What may stand in an address: itself where it may, or escaped in either case, UTF-8 or not. */
  private String text(String literals) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(8);
    for (int i = 0; i < length; i++) {
      switch (random.nextInt(6)) {
        case 0 -> text.append(literals.charAt(random.nextInt(literals.length())));
        case 1 -> text.append((char) ('a' + random.nextInt(26)));
        case 2 -> text.append(escaped(new byte[] {(byte) random.nextInt(0x100)}));
        case 3 -> text.appendCodePoint(letter());
        default -> text.append(escaped(Character.toString(letter()).getBytes(UTF_8)));
      }
    }
    return text.toString();
  }

  private int letter() {
    int codePoint;
    do {
      codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
    } while (!Character.isLetter(codePoint));
    return codePoint;
  }

  private String escaped(byte[] bytes) {
    HexFormat hex = random.nextBoolean() ? HexFormat.of() : HexFormat.of().withUpperCase();
    return hex.withPrefix("%").formatHex(bytes);
  }
}
