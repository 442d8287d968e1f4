package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class JournalErrorsTest {

  private static String reason(Throwable cause) {
    EcsException error = JournalErrors.unusable("run.jsonl", cause);
    assertThat(error.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
    assertThat(error).hasCause(cause);
    String before = "The journal run.jsonl cannot be used: ";
    String detail = Objects.requireNonNull(error.detail());
    assertThat(detail).startsWith(before);
    return detail.substring(before.length());
  }

  @Test
  void reason_isThatOfTheFile() {
    assertThat(reason(new NoSuchFileException("run.jsonl")))
        .isEqualTo("there is no such file or directory: check the path");
    assertThat(reason(new AccessDeniedException("run.jsonl")))
        .isEqualTo("permission denied: ask its owner for access, or name another file");
    assertThat(reason(new FileSystemException("run.jsonl", null, "Is a directory")))
        .isEqualTo("Is a directory");
    assertThat(reason(new FileSystemException("run.jsonl"))).isEqualTo("FileSystemException");
    assertThat(reason(new IOException("disk full"))).isEqualTo("disk full");
    assertThat(reason(new IOException())).isEqualTo("IOException");
  }

  @Test
  void errorOfAJournal_staysAsItIs() {
    EcsException known = JournalErrors.unusable("run.jsonl", "it is full");
    assertThat(JournalErrors.unwritable("run.jsonl", known)).isSameAs(known);

    EcsException other = EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build();
    assertThat(JournalErrors.unwritable("run.jsonl", other))
        .hasCause(other)
        .hasMessageContaining("The journal run.jsonl cannot be written");
    assertThat(JournalErrors.unwritable("run.jsonl", new IOException("disk full")))
        .hasMessageContaining("cannot be written: disk full");
  }
}
