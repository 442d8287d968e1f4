package io.fleetstop.spring;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Responds with the problem detail, also where the application has not enabled them in general. */
@RestControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE) // an advice of the application comes first
final class InvalidInstanceIdsAdvice {

  @ExceptionHandler
  ResponseEntity<ProblemDetail> handle(InvalidInstanceIdsException exception) {
    // The type is fixed: a client that accepts only events would get the problem as an event.
    return ResponseEntity.status(exception.getStatusCode())
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .body(exception.getBody());
  }
}
