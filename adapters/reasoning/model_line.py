"""The line to any server that speaks OpenAI's chat completions, by pydantic-ai's direct request.

One request, one answer: no agent, no tools, no second try by a library. Importing it takes seconds, so only
whoever asks a model does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider

from adapters.reasoning.address import ModelAddress
from adapters.reasoning.background import Background, Closed
from adapters.reasoning.line import Answer, LineFault, Message, Output
from adapters.reasoning.shown import clean
from adapters.reasoning.wire import OverlongAnswer, web_client

TEMPERATURE = 0.0
SEED = 7
_NO_KEY = "none"
_OPENAI = "https://api.openai.com"
_MOST_TOKENS = 10_000_000
_SHOWN = 300
_SHORTEST_SECRET = 8
_UNWANTED = (400, 413, 422)
"""Statuses of a provider that is well and does not want this very request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked for: its name, the form of its output, and at most how many tokens of it."""

    model: str
    output: Output
    schema: Mapping[str, Any]
    tokens: int


class ModelLine:
    """One model at one address. Any number of threads may ask; ``close`` ends what is under way."""

    def __init__(self, address: ModelAddress, asked: Asked, key: str | None = None) -> None:
        self._key = key
        self._web = web_client(address, key)
        client = AsyncOpenAI(
            api_key=_NO_KEY,  # none would make it look into the environment; the wire sets the true one
            base_url=address.url,
            max_retries=0,
            timeout=self._web.timeout,
            http_client=self._web,
        )
        is_openai = address.url.startswith(f"{_OPENAI}/")
        provider = OpenAIProvider(openai_client=client)
        self._model = OpenAIChatModel(asked.model, provider=provider, profile=_profile(is_openai=is_openai))
        self._settings = _settings(asked)
        self._parameters = _parameters(asked)
        self._background = Background("model-line")
        self.form_tokens = len(json.dumps(asked.schema)) if asked.output == "json-schema" else 0

    def send(self, messages: Sequence[Message], within: float) -> Answer:
        """The answer to ``messages``; raises ``LineFault`` where none came ``within`` that many seconds."""
        try:
            return self._keyless(_answer(self._background.run(self._requested(messages), within)))
        except TimeoutError:
            raise LineFault("time-out", "no answer came in time") from None
        except Closed:
            raise LineFault("unreachable", "the line to the model was closed", is_ours=True) from None
        except Exception as error:
            raise self._fault(error) from None  # the cause may hold the request, and the request the key

    def close(self) -> None:
        """End what is under way and the connections; nothing can be sent any more."""
        self._background.close(self._web.aclose())

    async def _requested(self, messages: Sequence[Message]) -> ModelResponse:
        return await model_request(
            self._model,
            [_said(message) for message in messages],
            model_settings=self._settings,
            model_request_parameters=self._parameters,
            instrument=False,
        )

    def _fault(self, error: Exception) -> LineFault:
        if isinstance(error, ModelHTTPError):
            words = f"the provider answered HTTP {error.status_code}: {self._shown(error.body)}"
            return LineFault("provider-error", words, is_ours=error.status_code in _UNWANTED)
        causes = _causes(error)
        if any(isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout) for cause in causes):
            return LineFault("unreachable", "no connection to the provider; see TRIVET_MODEL_URL")
        for cause in causes:
            if isinstance(cause, OverlongAnswer):
                return LineFault("provider-error", str(cause))
            if isinstance(cause, httpx2.TransportError):
                return LineFault("provider-error", f"the answer broke off: {type(cause).__name__}")
        return LineFault(
            "provider-error", f"the provider answered with what is no chat completion: {self._shown(error)}"
        )

    def _keyless(self, answer: Answer) -> Answer:
        """``answer`` without the key, should a server tell it again; a short one is a word and no secret."""
        key = self._key
        if key is None or len(key) < _SHORTEST_SECRET:
            return answer
        refusal = answer.refusal and answer.refusal.replace(key, "***")
        return replace(answer, text=answer.text.replace(key, "***"), refusal=refusal)

    def _shown(self, words: object) -> str:
        """The provider's words as plain text, as many as a record needs, without the key or private data."""
        text = str(words)
        return clean(text.replace(self._key, "***") if self._key else text, _SHOWN)


def _profile(*, is_openai: bool) -> OpenAIModelProfile:
    """Sends what was written, byte for byte, and takes what came, tags of thinking and all.

    Nearly every server but OpenAI's knows the bound of the output by its older name.
    """
    return OpenAIModelProfile(
        supports_json_schema_output=True,
        may_tokenize_special_tokens_in_content=False,
        thinking_tags=("\0", "\0"),
        openai_system_prompt_role="system",
        openai_chat_supports_max_completion_tokens=is_openai,
    )


def _settings(asked: Asked) -> OpenAIChatModelSettings:
    settings = OpenAIChatModelSettings(temperature=TEMPERATURE, seed=SEED, max_tokens=asked.tokens)
    if asked.output == "json-object":
        settings["extra_body"] = {"response_format": {"type": "json_object"}}
    return settings


def _parameters(asked: Asked) -> ModelRequestParameters:
    if asked.output != "json-schema":
        return ModelRequestParameters()
    form = OutputObjectDefinition(name="memo", json_schema=dict(asked.schema), strict=True)
    return ModelRequestParameters(output_mode="native", output_object=form)


def _said(message: Message) -> ModelMessage:
    if message.role == "assistant":
        return ModelResponse(parts=[TextPart(message.text)])
    part = SystemPromptPart if message.role == "system" else UserPromptPart
    return ModelRequest(parts=[part(message.text)])


def _answer(response: ModelResponse) -> Answer:
    details = response.provider_details or {}
    return Answer(
        text="".join(_whole(part.content) for part in response.parts if isinstance(part, TextPart)),
        finish_reason=response.finish_reason,
        refusal=_whole(str(details["refusal"])) if "refusal" in details else None,
        input_tokens=_tokens(response.usage.input_tokens),
        output_tokens=_tokens(response.usage.output_tokens),
    )


def _whole(text: str) -> str:
    r"""Half of a surrogate pair can be neither stored nor sent: it stays as the escape ``\ud83d``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _tokens(count: int) -> int | None:
    """A provider that counts nothing says 0; one that counts what cannot be is not believed."""
    return count if 0 < count <= _MOST_TOKENS else None


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found
