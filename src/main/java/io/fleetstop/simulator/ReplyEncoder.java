package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes replies in the documented format and generates request ids. */
final class ReplyEncoder {

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmssSSS", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private final JsonMapper json = JsonMapper.builder().build();
  private final InstantSource clock;
  private final AtomicLong numbers = new AtomicLong();
  private final int prefix;

  ReplyEncoder(InstantSource clock, long seed) {
    this.clock = clock;
    this.prefix = new SplittableRandom(seed).nextInt();
  }

  /** A new request id: timestamp, prefix derived from the seed, sequence number. */
  String requestId() {
    Instant now = clock.instant();
    return STAMP.format(now)
        + HEX.toHexDigits(prefix)
        + HEX.toHexDigits((int) numbers.incrementAndGet());
  }

  byte[] success(
      String requestId, RequestQuery query, SignatureParameters caller, ObjectNode result) {
    ObjectNode reply = json.createObjectNode();
    metadata(reply, requestId, query, caller);
    reply.set("Result", result);
    return json.writeValueAsBytes(reply);
  }

  byte[] failure(
      String requestId,
      RequestQuery query,
      @Nullable SignatureParameters caller,
      ErrorCode code,
      String message) {
    ObjectNode reply = json.createObjectNode();
    ObjectNode error = metadata(reply, requestId, query, caller).putObject("Error");
    Integer number = code.codeN();
    if (number != null) {
      error.put("CodeN", number.intValue());
    }
    error.put("Code", code.code());
    error.put("Message", message);
    return json.writeValueAsBytes(reply);
  }

  // Like the real gateway, omits the fields it could not determine.
  private static ObjectNode metadata(
      ObjectNode reply,
      String requestId,
      RequestQuery query,
      @Nullable SignatureParameters caller) {
    ObjectNode metadata = reply.putObject("ResponseMetadata");
    metadata.put("RequestId", requestId);
    for (String name : new String[] {"Action", "Version"}) {
      String value = query.nonEmpty(name);
      if (value != null) {
        metadata.put(name, value);
      }
    }
    if (caller != null) {
      metadata.put("Service", caller.service());
      metadata.put("Region", caller.region());
    }
    return metadata;
  }
}
