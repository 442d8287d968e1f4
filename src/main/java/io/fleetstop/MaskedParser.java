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
 * any of them may echo a secret. Words as the service names its properties are kept: a token may
 * hold one, and the property of a record would not be found by its masked name.
 */
final class MaskedParser extends JsonParserDelegate {

  /** Longer than any name of the service, and too short for a secret without digits. */
  private static final int MAX_NAME = 32;

  private static final int MAX_DIGITS = 2;

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
    return maskedName(super.currentName());
  }

  @Override
  public @Nullable String nextName() {
    return maskedName(super.nextName());
  }

  private @Nullable String maskedName(@Nullable String name) {
    return name == null || isOfProperty(name) ? name : mask.value(name);
  }

  private static boolean isOfProperty(String name) {
    int digits = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      digits += c >= '0' && c <= '9' ? 1 : 0;
      if (!letter && (c < '0' || c > '9')) {
        return false;
      }
    }
    return name.length() <= MAX_NAME && digits <= MAX_DIGITS;
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
