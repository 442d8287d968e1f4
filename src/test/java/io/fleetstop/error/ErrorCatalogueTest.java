package io.fleetstop.error;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ErrorCatalogueTest {

  record Documented(
      String code,
      @Nullable Integer httpStatus,
      @Nullable Integer codeN,
      @Nullable String message,
      String scope,
      String meaningEn,
      String category) {

    ErrorCode asEntry() {
      Scope where =
          switch (scope) {
            case "StopInstance" -> Scope.STOP_INSTANCE;
            case "ecs-common" -> Scope.ECS_COMMON;
            case "openapi-common" -> Scope.OPENAPI_COMMON;
            default -> throw new IllegalArgumentException(scope);
          };
      return new ErrorCode(
          code, Category.valueOf(category), codeN, httpStatus, where, message, meaningEn);
    }
  }

  @Test
  void entries_matchTheDocumentationInOrder() throws IOException {
    List<ErrorCode> documented = documented();
    List<ErrorCode> ofTheService =
        ErrorCatalogue.entries().stream().filter(entry -> entry.scope() != Scope.CLIENT).toList();

    assertThat(ofTheService).hasSameSizeAs(documented);
    for (int i = 0; i < documented.size(); i++) {
      assertThat(ofTheService.get(i)).as("entry %d", i).isEqualTo(documented.get(i));
    }
  }

  @Test
  void stopInstance_hasNineteenCodes() {
    assertThat(ErrorCatalogue.entries())
        .filteredOn(entry -> entry.scope() == Scope.STOP_INSTANCE)
        .hasSize(19);
  }

  @Test
  void clientCodes_comeLast() {
    List<ErrorCode> entries = ErrorCatalogue.entries();
    int first =
        IntStream.range(0, entries.size()).filter(i -> isOwn(entries.get(i))).min().orElse(0);

    assertThat(entries.subList(first, entries.size()))
        .isEqualTo(ClientErrors.ALL)
        .allSatisfy(entry -> assertThat(entry.code()).startsWith("Client."));
    assertThat(entries.subList(0, first))
        .noneSatisfy(entry -> assertThat(entry.code()).startsWith("Client."));
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 400, 403, 404, 429, 500, 503})
  void knownCode_keepsItsCategoryAtAnyStatus(int status) {
    assertThat(ErrorCode.classify("Insufficient.InstanceCapacity", null, status))
        .isSameAs(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY);
    assertThat(ErrorCode.classify("AccountFlowLimitExceeded", null, status).category())
        .isEqualTo(Category.THROTTLED);
    assertThat(ErrorCode.classify("DryRunOperation", null, status).category())
        .isEqualTo(Category.DRY_RUN_OK);
  }

  @Test
  void everyCode_isFoundByCodeAndNumber() {
    assertThat(ErrorCatalogue.entries())
        .filteredOn(entry -> entry.codeN() != null)
        .allSatisfy(
            entry ->
                assertThat(ErrorCode.classify(entry.code(), entry.codeN(), 999)).isSameAs(entry));
  }

  @Test
  void codeN_distinguishesLayers() {
    assertThat(ErrorCode.classify("InternalError", null, 500)).isSameAs(EcsErrors.INTERNAL_ERROR);
    assertThat(ErrorCode.classify("InternalError", 100014, 500))
        .isSameAs(GatewayErrors.INTERNAL_ERROR);
    assertThat(ErrorCode.classify("InternalError", 42, 500)).isSameAs(EcsErrors.INTERNAL_ERROR);
    assertThat(ErrorCode.classify("MissingParameter", 100002, 400))
        .isSameAs(GatewayErrors.MISSING_PARAMETER);
  }

  @Test
  void renamedCode_isClassifiedByItsNumber() {
    ErrorCode renamed = ErrorCode.classify("TooMuchAtOnce", 100018, 400);

    assertThat(renamed.code()).isEqualTo("TooMuchAtOnce");
    assertThat(renamed.category()).isEqualTo(Category.THROTTLED);
    assertThat(renamed.codeN()).isEqualTo(100018);
    assertThat(renamed.scope()).isEqualTo(Scope.UNDOCUMENTED);
  }

  @ParameterizedTest
  @CsvSource({
    "400, REQUEST",
    "401, AUTH",
    "403, PERMISSION",
    "404, NOT_FOUND",
    "405, REQUEST",
    "408, SERVER",
    "409, CONFLICT",
    "412, CONFLICT",
    "418, REQUEST",
    "429, THROTTLED",
    "500, SERVER",
    "502, SERVER",
    "503, SERVER",
    "504, SERVER",
  })
  void unknownCode_isClassifiedByStatus(int status, Category category) {
    ErrorCode unknown = ErrorCode.classify("Some.New-Code", 424242, status);

    assertThat(unknown.code()).isEqualTo("Some.New-Code");
    assertThat(unknown.category()).isEqualTo(category);
    assertThat(unknown.httpStatus()).isEqualTo(status);
    assertThat(unknown.scope()).isEqualTo(Scope.UNDOCUMENTED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  "})
  void notFoundPage_isNoMissingInstance(String blank) {
    assertThat(ErrorCode.classify(blank, null, 404).category()).isEqualTo(Category.REQUEST);
    assertThat(ErrorCode.classify(null, null, 404))
        .returns("HTTP.404", ErrorCode::code)
        .returns(Category.REQUEST, ErrorCode::category);
    assertThat(ErrorCode.classify(null, null, 502).category()).isEqualTo(Category.SERVER);
    assertThat(ErrorCode.classify(null, null, 429).category()).isEqualTo(Category.THROTTLED);
  }

  @Test
  void codes_areCaseSensitive() {
    assertThat(ErrorCode.classify("internalerror", null, 400).category())
        .isEqualTo(Category.REQUEST);
  }

  @Test
  void blankCode_isRefused() {
    assertThatThrownBy(
            () -> new ErrorCode(" ", Category.REQUEST, null, null, Scope.CLIENT, null, "none"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("code must not be blank");
  }

  private static boolean isOwn(ErrorCode entry) {
    return entry.scope() == Scope.CLIENT;
  }

  private static List<ErrorCode> documented() throws IOException {
    try (InputStream file = ErrorCatalogueTest.class.getResourceAsStream("/error-codes.json")) {
      Documented[] entries = JsonMapper.shared().readValue(file, Documented[].class);
      return Arrays.stream(entries).map(Documented::asEntry).toList();
    }
  }
}
