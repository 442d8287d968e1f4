package io.fleetstop.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.reactive.RedisScriptingReactiveCommands;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A Lua script, sent by its digest, and once as a whole to a server that does not have it yet,
 * after a restart or a failover for example.
 */
final class RedisScript {

  private final String text;
  private final String digest;

  RedisScript(String text) {
    this.text = text;
    this.digest = sha1(text);
  }

  /**
   * Runs the script, which must return a list.
   *
   * @param commands the connection
   * @param keys the keys, all of one slot in a cluster
   * @param arguments the arguments
   */
  Mono<List<Object>> run(
      RedisScriptingReactiveCommands<String, String> commands,
      List<String> keys,
      List<String> arguments) {
    String[] names = keys.toArray(String[]::new);
    String[] values = arguments.toArray(String[]::new);
    return Mono.defer(
            () -> flat(commands.<Object>evalsha(digest, ScriptOutputType.MULTI, names, values)))
        .onErrorResume(
            RedisNoScriptException.class,
            unknown -> flat(commands.<Object>eval(text, ScriptOutputType.MULTI, names, values)));
  }

  /** The driver emits the list as one element. */
  @SuppressWarnings("unchecked")
  private static Mono<List<Object>> flat(Flux<Object> reply) {
    return reply.next().map(list -> (List<Object>) list);
  }

  private static String sha1(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-1", impossible);
    }
  }
}
