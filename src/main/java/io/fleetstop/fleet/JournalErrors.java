package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** The errors of journals: all have the code {@link ClientErrors#JOURNAL_FAILED}. */
final class JournalErrors {

  private JournalErrors() {}

  /** Returns the error of a journal that cannot be used, for {@code reason}. */
  static EcsException unusable(String journal, String reason) {
    return failure(journal, "cannot be used", reason, null);
  }

  static EcsException unusable(String journal, Throwable cause) {
    return failure(journal, "cannot be used", reason(cause), cause);
  }

  /** Returns the error of a failed write, which is {@code cause} if it is one of a journal. */
  static EcsException unwritable(String journal, Throwable cause) {
    return cause instanceof EcsException known
            && known.errorCode().equals(ClientErrors.JOURNAL_FAILED)
        ? known
        : failure(journal, "cannot be written", reason(cause), cause);
  }

  private static EcsException failure(
      String journal, String what, String reason, @Nullable Throwable cause) {
    return EcsException.builder(ClientErrors.JOURNAL_FAILED, Delivery.NOT_SENT)
        .detail("The journal " + journal + " " + what + ": " + reason)
        .cause(cause)
        .build();
  }

  // The message of such an exception is the name of the file, which is in the message already.
  private static String reason(Throwable e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or directory: check the path";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied: ask its owner for access, or name another file";
    }
    if (e instanceof FileSystemException specific) {
      String reason = specific.getReason();
      return reason == null ? e.getClass().getSimpleName() : reason;
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
