package io.fleetstop.spring;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** A request names malformed instance ids; nothing was sent for any of its ids. */
public final class InvalidInstanceIdsException extends ErrorResponseException {

  /** The maximum number of ids that the response names. */
  static final int NAMED = 10;

  private static final long serialVersionUID = 1L;

  InvalidInstanceIdsException(int invalid, int all, List<String> rules) {
    super(HttpStatus.BAD_REQUEST, problem(invalid, all, rules), null);
  }

  private static ProblemDetail problem(int invalid, int all, List<String> rules) {
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(
            HttpStatus.BAD_REQUEST,
            invalid
                + " of "
                + all
                + (all == 1 ? " instance id is" : " instance ids are")
                + " invalid and nothing was sent; correct them and repeat the request: "
                + String.join("; ", rules)
                + (invalid > rules.size() ? "; and " + (invalid - rules.size()) + " more" : ""));
    problem.setTitle("Invalid instance ids");
    problem.setProperty("invalidIds", rules);
    return problem;
  }
}
