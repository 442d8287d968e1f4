package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.DescribeInstances;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one listing. Rejects a list that makes no progress. A list of named instances ends
 * with the last of them: what follows is not what was asked for. Not thread-safe.
 */
final class PageTokens {

  /** A real page token is far shorter. */
  private static final int MAX_TOKEN = 4_096;

  private static final int MAX_EMPTY_PAGES = 100;

  private final String action;
  private final int named;
  private final int maxInstances;
  private final Set<String> missing;

  /** Of each token its digest: a list of many pages with long tokens would fill the heap. */
  private final Set<ByteBuffer> seen = new HashSet<>();

  private long listed;
  private int emptyPages;
  private int surplus;

  PageTokens(DescribeInstances request) {
    this.action = request.action();
    this.maxInstances = request.maxInstances();
    this.missing = new HashSet<>(request.instanceIds());
    this.named = missing.size();
  }

  /** Whether the request names instances. */
  boolean isNamed() {
    return named > 0;
  }

  /**
   * Returns the token of the page after this one, or {@code null} after the last page.
   *
   * @throws EcsException if the list would not end
   */
  @Nullable String next(DescribeInstances.Page page) {
    String token = page.nextToken();
    listed += page.instances().size();
    if (named == 0 && listed > maxInstances) {
      throw unreadable(
          String.format(
              Locale.ROOT,
              "The list has more than the %,d instances of maxInstances, or does not end",
              maxInstances));
    }
    if (token.isEmpty() || (named > 0 && isLastNamed(page))) {
      return null;
    }
    if (page.instances().isEmpty()) {
      emptyPages++;
    } else if (named == 0) {
      emptyPages = 0;
    }
    if (emptyPages == MAX_EMPTY_PAGES) {
      throw unreadable(
          "The service returned " + MAX_EMPTY_PAGES + " empty pages, and none is the last");
    }
    if (token.length() > MAX_TOKEN) {
      throw unreadable(
          "The service returned a page token of more than " + MAX_TOKEN + " characters");
    }
    if (!seen.add(digest(token))) {
      throw unreadable("The service returned the token of the same next page twice");
    }
    return token;
  }

  private static ByteBuffer digest(String token) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return ByteBuffer.wrap(sha.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  // A list may repeat an instance when its pages shift, so as many as were named may be surplus.
  private boolean isLastNamed(DescribeInstances.Page page) {
    page.instances().stream()
        .filter(instance -> !missing.remove(instance.instanceId()))
        .forEach(instance -> surplus++);
    if (missing.isEmpty()) {
      return true;
    }
    if (surplus > named) {
      throw unreadable(
          "The service listed more instances that were not requested than the request names, and"
              + " not all that were");
    }
    return false;
  }

  private EcsException unreadable(String detail) {
    return EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.REJECTED)
        .action(action)
        .detail(detail)
        .build();
  }
}
