package io.fleetstop;

import io.fleetstop.credentials.SecretMask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.util.JsonParserDelegate;

/**
 * Masks each text and each name of a result before anything is bound to it, whatever type that has:
 * any of them may echo a secret. Properties of a record are found by their unmasked names.
 */
final class MaskedParser extends JsonParserDelegate {

  private final SecretMask mask;

  MaskedParser(JsonParser parser, SecretMask mask) {
    super(parser);
    this.mask = mask;
  }

  private @Nullable String masked(@Nullable String text) {
    return text == null ? null : mask.value(text);
  }

  @Override
  public @Nullable String currentName() {
    return masked(super.currentName());
  }

  @Override
  public @Nullable String nextName() {
    return masked(super.nextName());
  }

  @Override
  public @Nullable String getString() {
    return masked(super.getString());
  }

  @Override
  public @Nullable String getValueAsString() {
    return masked(super.getValueAsString());
  }

  @Override
  public @Nullable String getValueAsString(@Nullable String defaultValue) {
    return masked(super.getValueAsString(defaultValue));
  }

  @Override
  public boolean hasStringCharacters() {
    return false;
  }

  @Override
  public char[] getStringCharacters() {
    String text = getString();
    return text == null ? new char[0] : text.toCharArray();
  }

  @Override
  public int getStringLength() {
    return getStringCharacters().length;
  }

  @Override
  public int getStringOffset() {
    return 0;
  }

  @Override
  public int getString(Writer writer) {
    char[] text = getStringCharacters();
    try {
      writer.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.length;
  }

  @Override
  public long readString(Writer writer) {
    return getString(writer);
  }
}
