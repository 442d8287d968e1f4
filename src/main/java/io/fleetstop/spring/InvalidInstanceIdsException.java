package io.fleetstop.spring;

import io.fleetstop.error.Printable;
import io.fleetstop.model.InstanceId;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request names malformed instance ids; nothing was sent for any of its ids. */
public final class InvalidInstanceIdsException extends ErrorResponseException {

  /** The maximum number of ids that the response names. */
  static final int NAMED = 10;

  private static final long serialVersionUID = 1L;

  private static final String RULE =
      "An instance id has 1 to "
          + InstanceId.MAX_LENGTH
          + " letters, digits, '-' and '_', and starts with a letter or digit";

  /**
   * Creates the error.
   *
   * @param invalid the number of malformed ids
   * @param all the number of ids in the request
   * @param ids the first malformed ids
   */
  InvalidInstanceIdsException(int invalid, int all, List<String> ids) {
    super(HttpStatus.BAD_REQUEST, problem(invalid, all, ids), null);
  }

  private static ProblemDetail problem(int invalid, int all, List<String> ids) {
    List<String> shown = ids.stream().map(InvalidInstanceIdsException::printable).toList();
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(
            HttpStatus.BAD_REQUEST,
            invalid
                + " of "
                + all
                + (all == 1 ? " instance id is" : " instance ids are")
                + " invalid and nothing was sent; correct them and repeat the request: "
                + shown.stream().map(id -> '"' + id + '"').collect(Collectors.joining(", "))
                + (invalid > ids.size() ? "; and " + (invalid - ids.size()) + " more" : ""));
    problem.setTitle("Invalid instance ids");
    problem.setProperty("invalidIds", shown);
    problem.setProperty("rule", RULE);
    return problem;
  }

  /** Escaped, because the codecs of a response reject half of a surrogate pair. */
  private static String printable(String id) {
    return Printable.of(
        id.length() <= InstanceId.MAX_LENGTH
            ? id
            : id.substring(0, InstanceId.MAX_LENGTH) + "\u2026");
  }
}
