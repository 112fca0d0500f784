"""The verb `stories`: what there is to run, and the files to copy and change."""

import json

from scenarios import find_story, story_files


def list_stories(*, as_json: bool) -> None:
    """Print the stories at hand.

    Args:
        as_json: One JSON document instead of lines.
    """
    found = story_files()
    if as_json:
        items = [
            {
                "name": story.name,
                "title": story.title,
                "about": story.about,
                "path": str(story.path),
            }
            for story in found
        ]
        print(json.dumps({"schema": "tangleway.stories/1", "items": items}, indent=2))
        return
    width = max(len(story.name) for story in found)
    for story in found:
        print(f"{story.name:{width}}  {story.about}")


def show_story(name_or_path: str) -> None:
    """Print the file of one story.

    Raises:
        StoryError: There is no such story.
    """
    print(find_story(name_or_path).read_text("utf-8"), end="")
