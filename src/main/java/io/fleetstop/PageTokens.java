package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.DescribeInstances;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pages of one listing. Rejects a list that makes no progress. Not thread-safe. */
final class PageTokens {

  /** A real page token is far shorter. Each one is kept. */
  private static final int MAX_TOKEN = 4_096;

  private static final int MAX_EMPTY_PAGES = 100;

  private final String action;
  private final Set<String> seen = new HashSet<>();
  private int emptyPages;

  PageTokens(String action) {
    this.action = action;
  }

  /**
   * Returns the token of the page after this one, or {@code null} after the last page.
   *
   * @throws EcsException if the list would not end
   */
  @Nullable String next(DescribeInstances.Page page) {
    String token = page.nextToken();
    if (token.isEmpty()) {
      return null;
    }
    emptyPages = page.instances().isEmpty() ? emptyPages + 1 : 0;
    if (emptyPages == MAX_EMPTY_PAGES) {
      throw unreadable(
          "The service returned "
              + MAX_EMPTY_PAGES
              + " empty pages in a row, and none is the last");
    }
    if (token.length() > MAX_TOKEN) {
      throw unreadable(
          "The service returned a page token of more than " + MAX_TOKEN + " characters");
    }
    if (!seen.add(token)) {
      throw unreadable("The service returned the token of the same next page twice");
    }
    return token;
  }

  private EcsException unreadable(String detail) {
    return EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.REJECTED)
        .action(action)
        .detail(detail)
        .build();
  }
}
